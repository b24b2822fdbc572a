// The dialogs that act on a clip, from wherever it was chosen: a selection in review, a row of a list. They are hosted
// once, in App.svelte; features that know nothing of each other open them here.

import type { Bookmark, BookmarkId, CameraId, Hold, Layout, UtcMicros } from '../backend/backend';

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
  /** The backups are shown. */
  backups = $state(false);
  /** A layout's name is asked for. */
  name_layout = $state.raw<{ what: 'new' | 'rename' | 'copy'; layout: Layout | null } | null>(null);
  /** The layout that is open was saved by another window. */
  layout_conflict = $state(false);
  /** The list of layouts, or of tours, to be put in order. */
  layouts = $state<'layouts' | 'tours' | null>(null);

  closeAll(): void {
    this.mark = this.edit = this.hold = this.lift = this.copy = this.name_layout = this.layouts = null;
    this.layout_conflict = this.backups = false;
  }
}

/** The clip of a bookmark. */
export function clipOf(bookmark: Bookmark): Clip {
  const { cameras, start, end, at, id, title } = bookmark;
  return { cameras, start, end, at, bookmark: id, title };
}
