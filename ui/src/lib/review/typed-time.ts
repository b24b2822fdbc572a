// A moment as a person types it: 13:38:41, 13:38, 13h38, 23/11 13:38, 23/11/2026 13:38:41.320, -30, +5m, hôm qua 7:15.
// Pure; local time.

import type { UtcMicros } from '../backend/backend';
import { fold } from '../words/fold';

/** What is wrong with it: not a time at all, no such day, no such time of day, not yet recorded. */
export type TypedProblem = 'format' | 'date' | 'clock' | 'future';

export type Typed = { at: UtcMicros; problem: null } | { at: null; problem: TypedProblem };

export interface TypedContext {
  /** Where the playhead is: what is left out is taken from here. */
  at: UtcMicros;
  /** Later than this nothing is recorded. */
  now: UtcMicros;
}

const bad = (problem: TypedProblem): Typed => ({ at: null, problem });

/** Seconds in one of each, by the first letters of its word in either language. */
const UNITS: readonly [RegExp, number][] = [
  [/^(s|sec|secs|second|seconds|g|giay)$/, 1],
  [/^(m|min|mins|minute|minutes|p|ph|phut)$/, 60],
  [/^(h|hr|hrs|hour|hours|gio)$/, 3600],
  [/^(d|day|days|ng|ngay)$/, 86_400],
];

const CLOCK = /^(\d{1,2})(?:[:h](\d{1,2})?(?:[:m](\d{1,2})(?:[.,](\d{1,6}))?s?)?)?$/;
const DATE = /^(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?$/;
const ISO = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;

export function parseTyped(text: string, context: TypedContext): Typed {
  const typed = fold(text.normalize('NFC')).replace(/^(\d{4}-\d{1,2}-\d{1,2})t(?=\d)/, '$1 ');
  if (typed === '') return bad('format');
  if (/^(now|bay gio|luc nay|moi nhat)$/.test(typed)) return { at: context.now, problem: null };
  if (/^[+-]/.test(typed)) return relative(typed, context);
  return absolute(typed, context);
}

function relative(typed: string, { at, now }: TypedContext): Typed {
  const sign = typed.startsWith('-') ? -1 : 1;
  const rest = typed.slice(1).replace(/\s+/g, '');
  const clock = /^(\d{1,3}):(\d{2})(?::(\d{2}))?$/.exec(rest);
  let seconds = 0;
  if (clock) {
    const [, a = '0', b = '0', c] = clock;
    // +1:30 is a minute and a half, +1:00:00 an hour.
    seconds = c === undefined ? Number(a) * 60 + Number(b) : Number(a) * 3600 + Number(b) * 60 + Number(c);
  } else {
    const parts = [...rest.matchAll(/(\d+(?:[.,]\d+)?)([a-z]*)/g)];
    if (parts.length === 0 || parts.map((part) => part[0]).join('') !== rest) return bad('format');
    for (const [, number = '', unit = ''] of parts) {
      const each = unit === '' ? (parts.length === 1 ? 1 : undefined) : UNITS.find(([word]) => word.test(unit))?.[1];
      if (each === undefined) return bad('format');
      seconds += Number(number.replace(',', '.')) * each;
    }
  }
  const there = Math.round(at + sign * seconds * 1e6);
  if (there > now) return bad('future');
  return there > 0 ? { at: there, problem: null } : bad('date');
}

interface Day {
  year: number;
  month: number;
  day: number;
  /** As typed; else it is this year's, or the last one's. */
  year_known: boolean;
}

function absolute(typed: string, { at, now }: TypedContext): Typed {
  let rest = typed.replace(/\b(luc|at)\b/g, ' ').trim();
  const present = new Date(now / 1000);
  let day: Day | null = null;
  const named = /(hom nay|today|hom qua|yesterday)/.exec(rest)?.[1];
  if (named) {
    rest = rest.replace(named, ' ').trim();
    const back = /qua|yester/.test(named) ? 1 : 0;
    const date = new Date(present.getFullYear(), present.getMonth(), present.getDate() - back);
    day = { year: date.getFullYear(), month: date.getMonth() + 1, day: date.getDate(), year_known: true };
  }
  let clock: [number, number, number, number] | null = null;
  for (const word of rest.split(' ').filter(Boolean)) {
    const found = dayOf(word, present.getFullYear());
    if (found && !day) day = found;
    else if (!found && !clock) {
      const read = clockOf(word, rest);
      if (read === null) return bad('format');
      clock = read;
    } else return bad('format');
  }
  if (!day && !clock) return bad('format');
  const [hour, minute, second, micros] = clock ?? [0, 0, 0, 0];
  if (hour > 23 || minute > 59 || second > 59) return bad('clock');
  const base = new Date(at / 1000);
  const wanted = day ?? { year: base.getFullYear(), month: base.getMonth() + 1, day: base.getDate(), year_known: true };
  const moment = (year: number, month: number, of: number): UtcMicros | null => {
    const date = new Date(year, month - 1, of, hour, minute, second);
    if (date.getFullYear() !== year || date.getMonth() !== month - 1) return null;
    return date.getTime() * 1000 + micros;
  };
  let there = moment(wanted.year, wanted.month, wanted.day);
  if (day && there === null && day.year_known) return bad('date');
  if (there === null) there = moment(wanted.year - 1, wanted.month, wanted.day);
  if (there === null) return bad('date');
  if (there <= now) return { at: there, problem: null };
  // What is left out is filled in so that it has been: yesterday evening, last December.
  if (!day) {
    const before = new Date(base.getFullYear(), base.getMonth(), base.getDate() - 1);
    there = moment(before.getFullYear(), before.getMonth() + 1, before.getDate());
  } else if (!day.year_known) there = moment(day.year - 1, day.month, day.day);
  return there !== null && there <= now ? { at: there, problem: null } : bad('future');
}

function dayOf(word: string, year: number): Day | null {
  const iso = ISO.exec(word);
  if (iso) return { year: Number(iso[1]), month: Number(iso[2]), day: Number(iso[3]), year_known: true };
  const date = DATE.exec(word);
  if (!date) return null;
  const [, d = '', mo = '', y] = date;
  const typed_year = y === undefined ? year : y.length === 2 ? 2000 + Number(y) : Number(y);
  return { year: typed_year, month: Number(mo), day: Number(d), year_known: y !== undefined };
}

/** Hour, minute, second, microseconds. A number alone is no time of day, unless an h stands behind it. */
function clockOf(word: string, whole: string): [number, number, number, number] | null {
  const compact = /^(\d{2})(\d{2})(\d{2})$/.exec(word);
  if (compact && whole === word) return [Number(compact[1]), Number(compact[2]), Number(compact[3]), 0];
  const found = CLOCK.exec(word);
  if (!found || /^\d+$/.test(word)) return null;
  const [, h = '0', mi = '0', s = '0', fraction = ''] = found;
  if (/:$/.test(word)) return null;
  return [Number(h), Number(mi), Number(s), Number(fraction.padEnd(6, '0'))];
}
