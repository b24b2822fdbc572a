import { describe, expect, it } from 'vitest';
import type { WeekSpan } from '../../lib/backend/backend';
import { DAYS, HOURS, hourShare, isWholeWeek, minutes, normal, PRESETS, presetOf, setHours, wholeWeek } from './schedule';

/** As the station checks it: in its day, not empty, no two of a day that overlap. */
function valid(spans: WeekSpan[]): boolean {
  return spans.every(
    (s, i) => s.from_minute >= 0 && s.to_minute <= 1440 && s.from_minute < s.to_minute && s.day >= 0 && s.day < DAYS &&
      spans.every((o, j) => i === j || o.day !== s.day || o.to_minute <= s.from_minute || o.from_minute >= s.to_minute),
  );
}

describe('the week', () => {
  it('is whole when every hour is set, one by one, in any order', () => {
    let spans: WeekSpan[] = [];
    const cells = Array.from({ length: DAYS * HOURS }, (_, i) => (i * 61) % (DAYS * HOURS));
    for (const cell of cells) {
      spans = setHours(spans, Math.floor(cell / HOURS), cell % HOURS, (cell % HOURS) + 1, true);
      expect(valid(spans)).toBe(true);
    }
    expect(spans).toEqual(wholeWeek());
    expect(isWholeWeek(spans)).toBe(true);
  });

  it('has what was set and not what was cleared', () => {
    const seed = 20261123;
    let state = seed;
    const random = (n: number) => (state = (state * 1103515245 + 12345) % 2147483648) % n;
    let spans: WeekSpan[] = [];
    const wanted = new Map<string, boolean>();
    for (let i = 0; i < 500; i += 1) {
      const [day, hour, on] = [random(DAYS), random(HOURS), random(3) > 0];
      spans = setHours(spans, day, hour, hour + 1, on);
      wanted.set(`${day} ${hour}`, on);
      expect(valid(spans), `seed ${seed}, step ${i}`).toBe(true);
    }
    for (const [cell, on] of wanted) {
      const [day = 0, hour = 0] = cell.split(' ').map(Number);
      expect(hourShare(spans, day, hour), `seed ${seed}, ${cell}`).toBe(on ? 1 : 0);
    }
  });

  it('leaves minutes alone that nobody touched', () => {
    const odd: WeekSpan[] = [{ day: 2, from_minute: 430, to_minute: 1015 }];
    const spans = setHours(odd, 2, 12, 13, false);
    expect(spans).toEqual([{ day: 2, from_minute: 430, to_minute: 720 }, { day: 2, from_minute: 780, to_minute: 1015 }]);
    expect(hourShare(spans, 2, 7)).toBeCloseTo(50 / 60);
  });

  it('joins what touches', () => {
    expect(normal([{ day: 0, from_minute: 60, to_minute: 120 }, { day: 0, from_minute: 0, to_minute: 60 }])).toEqual([{ day: 0, from_minute: 0, to_minute: 120 }]);
  });

  it('knows its presets', () => {
    expect(minutes(PRESETS.night())).toBe(7 * 12 * 60);
    expect(minutes(PRESETS.work())).toBe(5 * 10 * 60);
    expect(presetOf(PRESETS.night())).toBe('night');
    expect(presetOf(setHours(PRESETS.night(), 0, 12, 13, true))).toBeNull();
    expect(valid(PRESETS.night())).toBe(true);
  });
});
