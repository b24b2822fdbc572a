import { describe, expect, it } from 'vitest';
import { typedMoment } from './typed';

const base = new Date(2026, 10, 23, 14, 32, 7).getTime() * 1000;
const local = (...parts: [number, number, number, number?, number?, number?]) => {
  const [y, mo, d, h = 0, mi = 0, s = 0] = parts;
  return new Date(y, mo - 1, d, h, mi, s).getTime() * 1000;
};

describe('a typed moment', () => {
  it('takes what is missing from its base', () => {
    expect(typedMoment('13:38', base)).toBe(local(2026, 11, 23, 13, 38));
    expect(typedMoment('9:05:07', base)).toBe(local(2026, 11, 23, 9, 5, 7));
    expect(typedMoment('1/2', base)).toBe(local(2026, 2, 1));
    expect(typedMoment('1/2 7:30', base)).toBe(local(2026, 2, 1, 7, 30));
    expect(typedMoment(' 23/11/2025  13:38:20 ', base)).toBe(local(2025, 11, 23, 13, 38, 20));
    expect(typedMoment('23.11.25', base)).toBe(local(2025, 11, 23));
  });

  it('knows fractions, with comma or point', () => {
    expect(typedMoment('13:38:20,5', base)).toBe(local(2026, 11, 23, 13, 38, 20) + 500_000);
    expect(typedMoment('13:38:20.000001', base)).toBe(local(2026, 11, 23, 13, 38, 20) + 1);
  });

  it('ends a day at the next midnight', () => {
    expect(typedMoment('23/11/2026', base, true)).toBe(local(2026, 11, 24));
    expect(typedMoment('23/11/2026 08:00', base, true)).toBe(local(2026, 11, 23, 8));
  });

  it('is none where there is none', () => {
    for (const text of ['', 'x', '25:00', '12:60', '31/02/2026', '12/13', '1', '23/11/2026 1', '13:38:20:10']) {
      expect(typedMoment(text, base), text).toBeNull();
    }
  });
});
