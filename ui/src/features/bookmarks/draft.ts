// A bookmark as it is typed in. Pure.

import type { Bookmark, BookmarkText, BookmarkVersion, CameraId, UtcMicros } from '../../lib/backend/backend';
import type { Clip } from '../../lib/desk/dialogs.svelte';

export interface BookmarkFields {
  /** Chosen at once: a try that is repeated does not make two. */
  id: string;
  /** In the order of the tiles; fixed once it is made. */
  cameras: CameraId[];
  title: string;
  category: string | null;
  tags: string[];
  note: string;
  colour: string;
  start: UtcMicros;
  end: UtcMicros;
  /** `Bookmark::edits` when the form was filled: another number on the station is somebody else's edit. */
  edits: number;
}

export const COLOURS = ['blue', 'green', 'amber', 'violet', 'teal', 'pink'] as const;
/** As the station takes them. */
export const MOST_TAGS = 16;
export const MOST_CAMERAS = 64;

export function fieldsOfClip(clip: Clip, id: string): BookmarkFields {
  return { id, cameras: [...clip.cameras], title: clip.title ?? '', category: null, tags: [], note: '', colour: '', start: clip.start, end: clip.end, edits: 0 };
}

export function fieldsOfBookmark(b: Bookmark): BookmarkFields {
  const { id, cameras, title, category, tags, note, colour, start, end, edits } = b;
  return { id, cameras: [...cameras], title, category, tags: [...tags], note, colour, start, end, edits };
}

export function textOf(fields: BookmarkFields): BookmarkText {
  const text = (value: string) => value.normalize('NFC').trim();
  return { title: text(fields.title), category: fields.category, tags: [...fields.tags], note: text(fields.note), colour: fields.colour };
}

export function sameText(a: BookmarkText, b: BookmarkText): boolean {
  return (
    a.title === b.title && a.category === b.category && a.note === b.note && a.colour === b.colour && a.tags.join('\n') === b.tags.join('\n')
  );
}

export type TextField = keyof BookmarkText;

/** What a version changed against the one before it; everything that is set, for the first. */
export function changes(version: BookmarkVersion, before: BookmarkVersion | undefined): TextField[] {
  const fields: TextField[] = ['title', 'category', 'tags', 'note', 'colour'];
  const text = (v: BookmarkVersion | undefined, field: TextField) => {
    const value = v?.[field];
    return Array.isArray(value) ? value.join(', ') : (value ?? '');
  };
  return fields.filter((field) => text(version, field) !== text(before, field));
}

/** The moment marked stays within the clip. */
export function momentWithin(at: UtcMicros | undefined, start: UtcMicros, end: UtcMicros): UtcMicros {
  return Math.min(Math.max(at ?? start, start), Math.max(start, end - 1));
}
