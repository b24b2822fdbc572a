// Comparing the station's clock with a reference: what a person types, and what it says. Pure.

import type { ClockCheck, UtcMicros } from '../../lib/backend/backend';

const TYPED = /^(\d{1,2})[:hg. ](\d{2})(?:[:mp. ](\d{2}))?$/;
/** Farther off than this a person is asked whether they meant it. */
export const FAR_US = 120_000_000;
const HALF_DAY_US = 43_200_000_000;
const DAY_US = 2 * HALF_DAY_US;

/** A time of day as it was typed: the one of that name that is nearest to now. */
export function referenceTime(text: string, station: UtcMicros): UtcMicros | null {
  const found = TYPED.exec(text.trim());
  if (!found) return null;
  const [h, mi, s] = [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
  if (h > 23 || mi > 59 || s > 59) return null;
  const day = new Date(station / 1000);
  const at = new Date(day.getFullYear(), day.getMonth(), day.getDate(), h, mi, s).getTime() * 1000;
  // Around midnight the reference may be on the other day.
  if (at - station > HALF_DAY_US) return at - DAY_US;
  if (station - at > HALF_DAY_US) return at + DAY_US;
  return at;
}

/** The next full minute, which is what one waits for. */
export function nextMinute(station: UtcMicros): UtcMicros {
  return Math.ceil((station + 5_000_000) / 60_000_000) * 60_000_000;
}

export type ClockSays = 'fast' | 'slow' | 'same';

/** Whether the station's clock is right, as far as a hand on a key can tell. */
export function clockSays({ offset_ms, uncertainty_ms }: Pick<ClockCheck, 'offset_ms' | 'uncertainty_ms'>): ClockSays {
  if (Math.abs(offset_ms) <= uncertainty_ms) return 'same';
  return offset_ms < 0 ? 'fast' : 'slow';
}
