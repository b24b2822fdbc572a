// Whether a camera is recorded as it should be. Pure.

import type { Camera, GapCause } from '../backend/backend';

export type Recorded =
  /** Every stream that should be recorded is. */
  | { state: 'recording' }
  /** Nothing is to be recorded: switched off, or outside its times. */
  | { state: 'off'; scheduled: boolean }
  /** It should be recorded and is not, in whole or in part. `waiting`: no samples come; `failing`: no disk takes them. */
  | { state: 'waiting' | 'failing'; part: boolean; cause: GapCause | null; since: number };

/** A recording that has just been wished for needs a moment. */
const STARTING_US = 8_000_000;

/** A live camera that nobody writes down, and why. `now_us` is asked only where something is wrong: it changes. */
export function unrecordedOf(camera: Camera, now_us: () => number): Extract<Recorded, { since: number }> | null {
  const recorded = recordedOf(camera);
  if (!recorded || recorded.state === 'recording' || recorded.state === 'off' || recorded.part) return null;
  return now_us() - recorded.since > STARTING_US ? recorded : null;
}

export function recordedOf(camera: Camera): Recorded | null {
  const wanted = camera.recordings.filter((r) => r.phase !== 'off');
  if (camera.recordings.length === 0) return null;
  if (wanted.length === 0) return { state: 'off', scheduled: camera.record.streams !== 'off' };
  const bad = wanted.find((r) => r.phase === 'failing') ?? wanted.find((r) => r.phase === 'waiting');
  if (!bad) return { state: 'recording' };
  const part = wanted.some((r) => r.phase === 'recording');
  return { state: bad.phase as 'waiting' | 'failing', part, cause: bad.cause, since: bad.since };
}
