// What the review desk is asked to show, by whatever screen: lists of bookmarks, holds, copies and alarms.

import type { CameraId, UtcMicros } from '../backend/backend';

export interface ReviewMoment {
  /** In the order of the tiles; the review desk shows the first 16. */
  cameras: readonly CameraId[];
  /** Where the playhead goes. */
  at: UtcMicros;
  /** The selection, if there is one: `[start, end)`. */
  start?: UtcMicros;
  end?: UtcMicros;
  /** It plays at once. */
  playing?: boolean;
}
