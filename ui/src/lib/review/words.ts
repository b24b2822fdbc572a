// How review says times, lengths and causes.

import type { GapCause, UtcMicros } from '../backend/backend';
import { clockText, numberText } from '../time/time';
import { lossText } from '../words/problems';
import { m, sentence } from '../words/words.svelte';
import { DAY, HOUR, MINUTE, SECOND } from './span';

/** 13:38:41.320, as a time code is written in both languages. */
export function milliText(at: UtcMicros): string {
  const ms = Math.floor(at / 1000) % 1000;
  return `${clockText(at)}.${String(ms).padStart(3, '0')}`;
}

/** Why nothing is recorded. */
export function gapText(cause: GapCause): string {
  const text = sentence(`gap_${cause.cause}`) ?? m.gap_unknown();
  if (cause.cause === 'camera_lost' && cause.reason) return `${text}: ${lossText(cause.reason)}`;
  return text;
}

/** 15 phút: of a round length. */
export function roundLengthText(micros: number): string {
  const of = (unit: number) => numberText(micros / unit, micros % unit === 0 || micros / unit >= 10 ? 0 : 1);
  if (micros >= 0.995 * DAY) return m.days_short({ count: of(DAY) });
  if (micros >= 0.995 * HOUR) return m.hours_short({ count: of(HOUR) });
  if (micros >= 0.995 * MINUTE) return m.minutes_short({ count: of(MINUTE) });
  return m.seconds_short({ count: of(SECOND) });
}

/** 1/8×, 4×, −2×. */
export function speedText(speed: number): string {
  const size = Math.abs(speed);
  const text = size < 1 ? `1/${Math.round(1 / size)}` : numberText(size, Number.isInteger(size) ? 0 : 1);
  return `${speed < 0 ? '−' : ''}${text}×`;
}
