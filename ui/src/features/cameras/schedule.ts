// The times of the week at which a camera is recorded, as the grid edits them: hours by hours, minutes that were set
// elsewhere stay as they are until their hour is touched. Pure.

import type { WeekSpan } from '../../lib/backend/backend';

export const DAYS = 7;
export const HOURS = 24;
const HOUR_MIN = 60;
const DAY_MIN = 1440;

/** Every hour cleared. An empty list would be around the clock; this the station refuses, and the form says so. */
export const NO_HOURS: readonly WeekSpan[] = [{ day: 0, from_minute: 0, to_minute: 0 }];

type Cut = [from: number, to: number];

/** Of one day: in order, joined where they touch, without empty ones. */
function joined(cuts: Cut[]): Cut[] {
  const out: Cut[] = [];
  for (const [from, to] of [...cuts].sort((a, b) => a[0] - b[0])) {
    if (to <= from) continue;
    const last = out.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

function ofDay(spans: readonly WeekSpan[], day: number): Cut[] {
  return joined(spans.filter((s) => s.day === day).map((s) => [s.from_minute, s.to_minute]));
}

export function normal(spans: readonly WeekSpan[]): WeekSpan[] {
  return Array.from({ length: DAYS }, (_, day) => ofDay(spans, day).map(([from_minute, to_minute]) => ({ day, from_minute, to_minute }))).flat();
}

/** How much of an hour is set: 0, 1, or between. */
export function hourShare(spans: readonly WeekSpan[], day: number, hour: number): number {
  const from = hour * HOUR_MIN;
  const set = ofDay(spans, day).reduce((sum, cut) => sum + Math.max(0, Math.min(cut[1], from + HOUR_MIN) - Math.max(cut[0], from)), 0);
  return set / HOUR_MIN;
}

/** Sets or clears whole hours `[from_hour, to_hour)` of a day. */
export function setHours(spans: readonly WeekSpan[], day: number, from_hour: number, to_hour: number, on: boolean): WeekSpan[] {
  const from = from_hour * HOUR_MIN;
  const to = to_hour * HOUR_MIN;
  const here = ofDay(spans, day);
  const cuts: Cut[] = on
    ? [...here, [from, to]]
    : here.flatMap(([a, b]): Cut[] => [[a, Math.min(b, from)], [Math.max(a, to), b]]);
  return normal([...spans.filter((s) => s.day !== day), ...joined(cuts).map(([from_minute, to_minute]) => ({ day, from_minute, to_minute }))]);
}

/** The whole week, as the grid shows "around the clock". */
export function wholeWeek(): WeekSpan[] {
  return Array.from({ length: DAYS }, (_, day) => ({ day, from_minute: 0, to_minute: DAY_MIN }));
}

export function isWholeWeek(spans: readonly WeekSpan[]): boolean {
  return minutes(spans) === DAYS * DAY_MIN;
}

/** Minutes of the week that are set. */
export function minutes(spans: readonly WeekSpan[]): number {
  return normal(spans).reduce((sum, s) => sum + s.to_minute - s.from_minute, 0);
}

/** From one hour to another; over midnight if the end is not after the begin. */
export function hours(days: readonly number[], from_hour: number, to_hour: number): WeekSpan[] {
  const spans = days.flatMap((day): WeekSpan[] =>
    to_hour > from_hour
      ? [{ day, from_minute: from_hour * HOUR_MIN, to_minute: to_hour * HOUR_MIN }]
      : [
          { day, from_minute: 0, to_minute: to_hour * HOUR_MIN },
          { day, from_minute: from_hour * HOUR_MIN, to_minute: DAY_MIN },
        ],
  );
  return normal(spans);
}

const ALL = [0, 1, 2, 3, 4, 5, 6];
export const PRESETS = {
  night: () => hours(ALL, 18, 6),
  day: () => hours(ALL, 6, 18),
  work: () => hours([0, 1, 2, 3, 4], 7, 17),
} as const;
export type Preset = keyof typeof PRESETS;

/** What the week is called, if it is one of those. */
export function presetOf(spans: readonly WeekSpan[]): Preset | null {
  const text = JSON.stringify(normal(spans));
  return (Object.keys(PRESETS) as Preset[]).find((each) => JSON.stringify(PRESETS[each]()) === text) ?? null;
}
