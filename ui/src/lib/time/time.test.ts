import { afterEach, describe, expect, it } from 'vitest';
import { useLocale } from '../words/words.svelte';
import { ageText, bitrateText, bytesText, dateText, durationText, momentText, numberText, weekdayText } from './time';

const at = new Date(2026, 10, 23, 14, 32, 7).getTime() * 1000;
afterEach(() => useLocale('vi'));

describe('times', () => {
  it('are dd/MM/yyyy HH:mm:ss in both languages', () => {
    for (const language of ['vi', 'en']) {
      useLocale(language);
      expect(momentText(at)).toBe('23/11/2026 14:32:07');
    }
  });

  it('name the day in the language', () => {
    expect(weekdayText(at)).toBe('Thứ Hai');
    useLocale('en');
    expect(weekdayText(at)).toBe('Monday');
  });

  it('last as long as they last', () => {
    expect(durationText(252_900_000)).toBe('00:04:12');
    expect(durationText(100 * 3600 * 1e6)).toBe('100:00:00');
    expect(durationText(-5)).toBe('00:00:00');
    expect(ageText(4999)).toBe('4 s');
    expect(ageText(130_000)).toBe('2 phút');
  });

  it('pad', () => expect(dateText(new Date(2026, 0, 2).getTime() * 1000)).toBe('02/01/2026'));
});

describe('numbers', () => {
  it('have a decimal comma in Vietnamese, a point in English', () => {
    expect(numberText(1234.5, 1)).toBe('1.234,5');
    useLocale('en');
    expect(numberText(1234.5, 1)).toBe('1,234.5');
  });

  it('carry their unit', () => {
    expect(bitrateText(412_000)).toBe('412 kbit/s');
    expect(bitrateText(6_590_000)).toBe('6,6 Mbit/s');
    expect(bitrateText(612_000_000)).toBe('612 Mbit/s');
    expect(bytesText(4.1e12)).toBe('4,1 TB');
    expect(bytesText(999)).toBe('999 B');
    expect(bytesText(999_960)).toBe('1,0 MB');
  });
});
