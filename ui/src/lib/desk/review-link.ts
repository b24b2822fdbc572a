// How any screen opens the review desk at a moment: lists of bookmarks, holds, copies and alarms ask, the review desk
// answers. A wish that comes before the desk is there waits for it; only the newest counts.

import type { CameraId, UtcMicros } from '../backend/backend';

/** What the review desk is asked to show. */
export interface ReviewMoment {
  /** In the order of the tiles; the review desk shows the first 16. */
  cameras: readonly CameraId[];
  /** Where the playhead goes. */
  at: UtcMicros;
  /** The selection, if there is one: `[start, end)`. */
  start?: UtcMicros;
  end?: UtcMicros;
}

let open: ((moment: ReviewMoment) => void) | null = null;
let waiting: ReviewMoment | null = null;

/** The review desk takes the wishes from now on; at once the one that waits, if one does. */
export function onOpenReview(fn: (moment: ReviewMoment) => void): () => void {
  open = fn;
  if (waiting) fn(waiting);
  waiting = null;
  return () => {
    if (open === fn) open = null;
  };
}

/** Use `desk.openReview`, which changes the view too. */
export function wishReview(moment: ReviewMoment): void {
  if (open) open(moment);
  else waiting = moment;
}
