import { describe, expect, it } from 'vitest';
import { fits, fold } from './fold';

describe('folding', () => {
  it('drops tone marks, đ and case', () => {
    expect(fold('Đường LIÊN xã')).toBe('duong lien xa');
    expect(fold('Đường'.normalize('NFD'))).toBe('duong');
  });

  it('finds words in any order, over code, name and unit', () => {
    expect(fits('duong c0', 'C009', 'Đường liên xã km 2')).toBe(true);
    expect(fits('xa duong', 'C009', 'Đường liên xã km 2')).toBe(true);
    expect(fits('đường', 'Duong')).toBe(true);
    expect(fits('cho', 'C009', 'Cầu')).toBe(false);
    expect(fits('  ', 'x')).toBe(true);
  });
});
