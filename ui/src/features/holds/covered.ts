// What is on disk of a clip, from its timeline: how much of it, and about how large. Pure.

import type { CameraId, Recording, TimelineLane, UtcMicros } from '../../lib/backend/backend';

export interface Covered {
  /** Recorded, summed over the cameras. */
  seconds: number;
  /** Of what was asked for, 0 to 1. */
  share: number;
  /** About, at the rates measured now. */
  bytes: number;
}

const SECOND_US = 1_000_000;

export function covered(
  lanes: readonly TimelineLane[],
  start: UtcMicros,
  end: UtcMicros,
  recordings: (camera: CameraId) => readonly Recording[],
): Covered {
  let seconds = 0;
  let bytes = 0;
  for (const lane of lanes) {
    const rate = (which: Recording['which']) => recordings(lane.camera).find((r) => r.which === which)?.bitrate_bps ?? 0;
    for (const span of lane.spans) {
      const length = Math.max(0, Math.min(span.end, end) - Math.max(span.start, start)) / SECOND_US;
      seconds += length;
      bytes += (length * ((span.main ? rate('main') : 0) + (span.sub ? rate('sub') : 0))) / 8;
    }
  }
  const asked = (lanes.length * (end - start)) / SECOND_US;
  return { seconds, share: asked > 0 ? Math.min(1, seconds / asked) : 0, bytes };
}
