// Moments typed by hand, in local time: `13:38`, `13:38:20,5`, `23/11`, `23/11 13:38`, `23/11/2026 13:38:20`.

import type { UtcMicros } from '../backend/backend';

const TYPED =
  /^(?:(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?)?(?:(?:^|\s+)(\d{1,2})[:hg](\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?)?$/;

/**
 * What a person typed, or null if it is no moment. What is missing is taken from `base`: the day if only a time is
 * given, the year if only day and month are. A day alone is its midnight; with `end_of_day` the midnight after it.
 */
export function typedMoment(text: string, base: UtcMicros, end_of_day = false): UtcMicros | null {
  const found = TYPED.exec(text.trim().replace(/\s+/g, ' '));
  if (!found || text.trim() === '') return null;
  const [, day, month, year, hour, minute, second, fraction] = found;
  const from = new Date(base / 1000);
  const y = year === undefined ? from.getFullYear() : year.length === 2 ? 2000 + Number(year) : Number(year);
  const mo = month === undefined ? from.getMonth() : Number(month) - 1;
  const d = day === undefined ? from.getDate() : Number(day);
  const h = Number(hour ?? 0);
  const mi = Number(minute ?? 0);
  const s = Number(second ?? 0);
  if (h > 23 || mi > 59 || s > 59 || mo > 11) return null;
  const whole = new Date(y, mo, d, h, mi, s);
  // 31/02 would roll over into March.
  if (whole.getDate() !== d || whole.getMonth() !== mo) return null;
  if (hour === undefined && end_of_day) whole.setDate(whole.getDate() + 1);
  return whole.getTime() * 1000 + Number((fraction ?? '').padEnd(6, '0').slice(0, 6) || 0);
}
