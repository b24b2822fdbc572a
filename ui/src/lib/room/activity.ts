// Where it moves, camera by camera: what the station measured from the sizes of non-key frames, in three quiet levels
// for the screen, and the busiest of them. Pure.

import type { CameraId } from '../backend/backend';

/** 0: still; 1 to 3: moves, moves much, moves very much. */
export type Level = 0 | 1 | 2 | 3;

/** From which share of 100 a level begins: 1.4, 2 and 3.3 times the size of a quiet picture. */
const BEGINS = [30, 50, 70] as const;
/** So much less before a level is left again: a mark that flickers is worse than none. */
const STAYS = 8;

/** The level of `value` (0 to 100) where `before` was shown. */
export function levelOf(value: number, before: Level): Level {
  let level = 0;
  BEGINS.forEach((begin, i) => {
    const from = i < before ? begin - STAYS : begin;
    if (value >= from) level = i + 1;
  });
  return level as Level;
}

/** The cameras with the most activity, the most first; ties in the order given. */
export function busiest(order: readonly CameraId[], values: ReadonlyMap<CameraId, number>, count: number): CameraId[] {
  return order
    .map((camera, at) => ({ camera, at, value: values.get(camera) ?? -1 }))
    .filter((each) => each.value >= 0)
    .sort((a, b) => b.value - a.value || a.at - b.at)
    .slice(0, count)
    .map((each) => each.camera);
}

/** The new choice with everything that stays where it was: whoever looks does not lose what they look at. */
export function settled(before: readonly (CameraId | null)[], next: readonly CameraId[]): (CameraId | null)[] {
  const stay = new Set(next);
  const kept = before.slice(0, Math.max(next.length, 0)).map((camera) => (camera !== null && stay.has(camera) ? camera : null));
  while (kept.length < next.length) kept.push(null);
  const there = new Set(kept);
  const come = next.filter((camera) => !there.has(camera));
  return kept.map((camera) => camera ?? come.shift() ?? null);
}
