// The time that is counted, in the room's local time: a month, a year, or from one day to another. Pure.

import type { UtcMicros } from '../../lib/backend/backend';
import { dateText } from '../../lib/time/time';
import { m } from '../../lib/words/words.svelte';

export type PeriodKind = 'month' | 'last_month' | 'year' | 'between';

export interface PeriodTyped {
  kind: PeriodKind;
  from: UtcMicros | null;
  /** Exclusive. */
  to: UtcMicros | null;
}

/** `[from, to)` */
export interface Span {
  from: UtcMicros;
  to: UtcMicros;
}

const at = (year: number, month: number) => new Date(year, month, 1).getTime() * 1000;

/** What is counted; null: from and to do not make a time yet. */
export function spanOf(typed: PeriodTyped, now: UtcMicros): Span | null {
  const today = new Date(now / 1000);
  const [year, month] = [today.getFullYear(), today.getMonth()];
  switch (typed.kind) {
    case 'month':
      return { from: at(year, month), to: at(year, month + 1) };
    case 'last_month':
      return { from: at(year, month - 1), to: at(year, month) };
    case 'year':
      return { from: at(year, 0), to: at(year + 1, 0) };
    case 'between':
      return typed.from !== null && typed.to !== null && typed.from < typed.to ? { from: typed.from, to: typed.to } : null;
  }
}

/** 11/2026, 2026, or 01/11/2026 – 20/11/2026: the last day is the last one that is counted. */
export function spanName({ from, to }: Span): string {
  const [begin, end] = [new Date(from / 1000), new Date(to / 1000)];
  const whole = (date: Date) => date.getDate() === 1 && date.getHours() === 0 && date.getMinutes() === 0;
  if (whole(begin) && at(begin.getFullYear(), begin.getMonth() + 1) === to) return m.stat_month_of({ month: dateText(from).slice(3) });
  if (whole(begin) && begin.getMonth() === 0 && at(begin.getFullYear() + 1, 0) === to) return m.stat_year_of({ year: String(begin.getFullYear()) });
  return m.stat_span({ from: dateText(from), to: dateText(end.getTime() * 1000 - 1) });
}
