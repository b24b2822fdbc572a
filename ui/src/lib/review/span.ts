// What part of time the timeline shows, and its ruler. Pure; microseconds and CSS pixels.

import type { UtcMicros } from '../backend/backend';

export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const SPAN_LEAST = 10 * SECOND;
export const SPAN_MOST = 30 * DAY;

/** What the zoom keys go through. */
const LADDER = [
  ...[10, 30].map((n) => n * SECOND), ...[1, 2, 5, 15, 30].map((n) => n * MINUTE), ...[1, 2, 6, 12].map((n) => n * HOUR), ...[1, 2, 7, 14, 30].map((n) => n * DAY),
];

/** The next round length: shorter to zoom in. */
export function nextLength(length: number, shorter: boolean): number {
  if (shorter) return LADDER.findLast((each) => each < length * 0.99) ?? SPAN_LEAST;
  return LADDER.find((each) => each > length * 1.01) ?? SPAN_MOST;
}

/** `[start, start + length)` is seen. */
export interface Span {
  start: UtcMicros;
  length: number;
}

/** The lengths that the zoom menu offers. */
export const LENGTHS = [10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY] as const;

export function toX(span: Span, width: number, at: UtcMicros): number {
  return ((at - span.start) / span.length) * width;
}

export function toTime(span: Span, width: number, x: number): UtcMicros {
  return Math.round(span.start + (x / Math.max(1, width)) * span.length);
}

const limited = (length: number) => Math.round(Math.min(SPAN_MOST, Math.max(SPAN_LEAST, length)));

/** `factor` < 1 shows less. The moment `at` stays where it is on the screen. */
export function zoom(span: Span, factor: number, at: UtcMicros): Span {
  const length = limited(span.length * factor);
  const share = (at - span.start) / span.length;
  return { start: Math.round(at - share * length), length };
}

/** As {@link zoom}, to a length. */
export function zoomTo(span: Span, length: number, at: UtcMicros): Span {
  return zoom(span, length / span.length, at);
}

export function pan(span: Span, by: number): Span {
  return { start: Math.round(span.start + by), length: span.length };
}

/** A length of time around a moment. */
export function around(at: UtcMicros, length: number): Span {
  const kept = limited(length);
  return { start: Math.round(at - kept / 2), length: kept };
}

/** Nothing is further in the future than a fifth of the span: the newest end stays in sight. */
export function notBeyond(span: Span, now: UtcMicros): Span {
  const latest = now - span.length * 0.8;
  return span.start > latest + 1 ? { start: Math.round(latest), length: span.length } : span;
}

/** Follows a playhead that runs out of sight: a page on, so that nothing is redrawn in between. */
export function follow(span: Span, at: UtcMicros, backward: boolean): Span {
  const share = (at - span.start) / span.length;
  if (!backward && share > 0.94 && share < 1.5) return { start: Math.round(at - span.length * 0.12), length: span.length };
  if (backward && share < 0.06 && share > -0.5) return { start: Math.round(at - span.length * 0.88), length: span.length };
  return span;
}

/** From second to second, from day to day: what a ruler is divided by. */
const STEPS = [
  SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND,
  MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
  DAY, 2 * DAY, 7 * DAY,
] as const;

export interface Tick {
  at: UtcMicros;
  /** A day begins: its date is worth more than its hour. */
  day: boolean;
}

export interface Ruler {
  step: number;
  ticks: Tick[];
}

/** Ticks at round local times, at least `apart` pixels from each other. */
export function ruler(span: Span, width: number, apart: number): Ruler {
  const wanted = (span.length / Math.max(1, width)) * apart;
  const step = STEPS.find((each) => each >= wanted) ?? 7 * DAY;
  const end = span.start + span.length;
  const ticks: Tick[] = [];
  // Day by day from local midnight: a day of a change of clocks has 23 or 25 hours.
  const first = new Date(span.start / 1000);
  const days = Math.max(1, Math.round(step / DAY));
  let day = new Date(first.getFullYear(), first.getMonth(), first.getDate());
  if (days > 1) day = new Date(day.getFullYear(), day.getMonth(), day.getDate() - (dayNumber(day) % days));
  for (let guard = 0; guard < 400; guard += 1) {
    const begin = day.getTime() * 1000;
    if (begin >= end) break;
    const next = new Date(day.getFullYear(), day.getMonth(), day.getDate() + days);
    if (begin >= span.start) ticks.push({ at: begin, day: true });
    if (step < DAY) {
      const from = begin + Math.max(step, Math.ceil((span.start - begin) / step) * step);
      const until = Math.min(end, next.getTime() * 1000);
      for (let at = from; at < until; at += step) ticks.push({ at, day: false });
    }
    day = next;
  }
  return { step, ticks };
}

/** Days since 1970 of a local date: for steps of several days that do not move while one pans. */
function dayNumber(date: Date): number {
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

const BUCKET_LEAST = 50_000;

/** How long a bar of activity is: about six pixels, in a few lengths so that what was fetched is used again. */
export function bucketFor(span: Span, width: number): number {
  const wanted = (span.length / Math.max(1, width)) * 6;
  let bucket = BUCKET_LEAST;
  while (bucket * Math.SQRT2 < wanted) bucket *= 2;
  return bucket;
}

/** The lengths that speed can have, as the speed menu and the keys go through them. */
export const SPEEDS = [0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64] as const;

/** The next speed of the shuttle keys: from rest at 1x, then doubling; against the present direction it starts anew. */
export function shuttle(playing: boolean, speed: number, forward: boolean): number {
  const direction = forward ? 1 : -1;
  if (!playing || Math.sign(speed) !== direction) return direction;
  return direction * Math.min(64, Math.max(1, Math.abs(speed) * 2));
}
