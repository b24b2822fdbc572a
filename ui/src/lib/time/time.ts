// Times as people read them: UTC microseconds come in, local time goes out. dd/MM/yyyy HH:mm:ss in both languages;
// decimal comma in Vietnamese.

import { locale, m } from '../words/words.svelte';
import type { UtcMicros } from '../backend/backend';

const two = (n: number) => String(n).padStart(2, '0');

export function nowMicros(): UtcMicros {
  return Math.round(Date.now() * 1000);
}

/** 14:32:07 */
export function clockText(at: UtcMicros): string {
  const d = new Date(at / 1000);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** 14:32 */
export function minuteText(at: UtcMicros): string {
  return clockText(at).slice(0, 5);
}

/** 23/11/2026 */
export function dateText(at: UtcMicros): string {
  const d = new Date(at / 1000);
  return `${two(d.getDate())}/${two(d.getMonth() + 1)}/${d.getFullYear()}`;
}

/** 23/11/2026 14:32:07 */
export function momentText(at: UtcMicros): string {
  return `${dateText(at)} ${clockText(at)}`;
}

/** 23/11, with the year if it is not the present one. */
export function shortDateText(at: UtcMicros): string {
  const text = dateText(at);
  return text.slice(6) === String(new Date().getFullYear()) ? text.slice(0, 5) : text;
}

/** 23/11 13:38:20 → 13:41:00; the day of the end only where it is another. */
export function spanText(start: UtcMicros, end: UtcMicros): string {
  const last = sameDay(start, end) ? clockText(end) : `${shortDateText(end)} ${clockText(end)}`;
  return `${shortDateText(start)} ${clockText(start)} → ${last}`;
}

/** How long, in words: 2 ph 40 s, 3 h 5 ph, 2 ngày. */
export function lengthText(micros: number): string {
  const s = Math.max(0, Math.round(micros / 1_000_000));
  const parts = (big: string, rest: number, small: (count: string) => string) => (rest > 0 ? `${big} ${small(numberText(rest))}` : big);
  const seconds = (count: string) => m.length_s({ count });
  const minutes = (count: string) => m.length_min({ count });
  const hours = (count: string) => m.length_h({ count });
  if (s < 60) return seconds(numberText(s));
  if (s < 3600) return parts(minutes(numberText(Math.floor(s / 60))), s % 60, seconds);
  if (s < 172_800) return parts(hours(numberText(Math.floor(s / 3600))), Math.floor(s / 60) % 60, minutes);
  return m.length_days({ count: numberText(s / 86_400, s < 864_000 && s % 86_400 > 4320 ? 1 : 0) });
}

/** The weekday in the language of the screens. */
export function weekdayText(at: UtcMicros): string {
  const names = [m.sunday, m.monday, m.tuesday, m.wednesday, m.thursday, m.friday, m.saturday];
  return (names[new Date(at / 1000).getDay()] ?? m.sunday)();
}

export function sameDay(a: UtcMicros, b: UtcMicros): boolean {
  return dateText(a) === dateText(b);
}

/** How long, as 00:04:12; days are counted in hours. */
export function durationText(micros: number): string {
  const s = Math.max(0, Math.floor(micros / 1_000_000));
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** A number with at most `digits` decimals, in the language of the screens. */
export function numberText(value: number, digits = 0): string {
  const text = value.toFixed(digits);
  const [whole = '', part] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, locale() === 'vi' ? '.' : ',');
  return part === undefined ? grouped : `${grouped}${locale() === 'vi' ? ',' : '.'}${part}`;
}

/** 612 Mbit/s */
export function bitrateText(bits_per_s: number): string {
  if (bits_per_s >= 99_500_000) return `${numberText(bits_per_s / 1e6)} Mbit/s`;
  if (bits_per_s >= 1_000_000) return `${numberText(bits_per_s / 1e6, 1)} Mbit/s`;
  return `${numberText(bits_per_s / 1e3)} kbit/s`;
}

/** 4,1 TB */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${numberText(value, unit > 0 && value < 99.5 ? 1 : 0)} ${units[unit]}`;
}

/** An age of a picture: 4 s, 3 min, 2 h. */
export function ageText(age_ms: number): string {
  const s = Math.floor(age_ms / 1000);
  if (s < 120) return m.seconds_short({ count: numberText(s) });
  if (s < 7200) return m.minutes_short({ count: numberText(Math.floor(s / 60)) });
  return m.hours_short({ count: numberText(Math.floor(s / 3600)) });
}
