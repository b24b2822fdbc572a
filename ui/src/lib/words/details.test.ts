// Faults that come in English are said in the language of the screen.

import { afterEach, describe, expect, it } from 'vitest';
import { faultText, SYSTEM_ERRORS } from './details';
import { locales, sentence, useLocale } from './words.svelte';

afterEach(() => useLocale('vi'));

describe('a fault', () => {
  it('of the system has words in both languages, and keeps its number', () => {
    useLocale('vi');
    expect(faultText('No such file or directory (os error 2)')).toBe('không có tệp hay thư mục này (lỗi hệ thống 2)');
    expect(faultText('/mnt/ghi1: Permission denied (os error 13)')).toBe('/mnt/ghi1: không có quyền (lỗi hệ thống 13)');
    useLocale('en');
    expect(faultText('C001/main/080000.mp4: Input/output error (os error 5)')).toBe('C001/main/080000.mp4: the disk or device reports a read or write error (system error 5)');
  });

  it('has a sentence for every number that is listed', () => {
    for (const language of locales) {
      useLocale(language);
      for (const number of SYSTEM_ERRORS) expect(sentence(`os_error_${number}`), `${language} ${number}`).not.toBeNull();
    }
  });

  it('of the archive has words', () => {
    useLocale('vi');
    expect(faultText('a write has not returned for 31 s')).toBe('một lần ghi đã 31 giây chưa xong');
    expect(faultText('mounted for reading only')).not.toMatch(/mounted/);
  });

  it('that nobody has words for is shown as it came', () => {
    expect(faultText('401 Unauthorized to DESCRIBE')).toBe('401 Unauthorized to DESCRIBE');
    expect(faultText('Weird thing (os error 9999)')).toBe('Weird thing (os error 9999)');
    expect(faultText('')).toBe('');
  });
});
