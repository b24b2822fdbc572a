// A month as a calendar shows it: weeks from Monday, in local time. Pure.

import type { UtcMicros } from '../backend/backend';

export interface Month {
  year: number;
  /** 1 to 12. */
  month: number;
}

export interface MonthDay {
  start: UtcMicros;
  end: UtcMicros;
  day: number;
  /** Of this month, not of its neighbours. */
  inside: boolean;
}

export function monthOf(at: UtcMicros): Month {
  const date = new Date(at / 1000);
  return { year: date.getFullYear(), month: date.getMonth() + 1 };
}

export function addMonths({ year, month }: Month, by: number): Month {
  const count = year * 12 + (month - 1) + by;
  return { year: Math.floor(count / 12), month: (((count % 12) + 12) % 12) + 1 };
}

/** Six weeks, always: the calendar does not change its height. */
export function daysOf({ year, month }: Month): MonthDay[] {
  const first = new Date(year, month - 1, 1);
  const before = (first.getDay() + 6) % 7;
  return Array.from({ length: 42 }, (_, i) => {
    const date = new Date(year, month - 1, 1 - before + i);
    const next = new Date(year, month - 1, 2 - before + i);
    return { start: date.getTime() * 1000, end: next.getTime() * 1000, day: date.getDate(), inside: date.getMonth() === month - 1 };
  });
}
