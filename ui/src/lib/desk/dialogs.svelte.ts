// The dialogs that act on a clip, from wherever it was chosen: a selection in review, a row of a list. They are hosted
// once, in App.svelte; features that know nothing of each other open them here.

import type { Bookmark, BookmarkId, CameraId, Hold, UtcMicros } from '../backend/backend';

/** Some cameras from `start` (inclusive) to `end` (exclusive). */
export interface Clip {
  cameras: readonly CameraId[];
  start: UtcMicros;
  end: UtcMicros;
  /** The moment in it that matters; absent: its begin. */
  at?: UtcMicros;
  /** The bookmark that it comes from. */
  bookmark?: BookmarkId | null;
  /** What it is called there. */
  title?: string;
}

export class Dialogs {
  /** A bookmark to be made. */
  mark = $state.raw<Clip | null>(null);
  /** A bookmark to be edited, read or hidden. */
  edit = $state.raw<Bookmark | null>(null);
  hold = $state.raw<Clip | null>(null);
  lift = $state.raw<Hold | null>(null);
  copy = $state.raw<Clip | null>(null);
}

/** The clip of a bookmark. */
export function clipOf(bookmark: Bookmark): Clip {
  const { cameras, start, end, at, id, title } = bookmark;
  return { cameras, start, end, at, bookmark: id, title };
}
