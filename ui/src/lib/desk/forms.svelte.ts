// What is being written on the desk: the quick note and the titling of a bookmark. Kept apart from the views, which come and go.

import type { Bookmark, CameraId, Problem, UtcMicros } from '../backend/backend';

/** A note that waits for who wrote it. */
export type NoteKept = Pick<NoteForm, 'text' | 'category' | 'camera' | 'at' | 'id'>;

/** A note being written. */
export class NoteForm {
  text = $state('');
  category = $state<string | null>(null);
  /** Fixed with the first letter, so that the note stays with what was seen; null: follows the focused tile. */
  camera = $state<CameraId | null>(null);
  at = $state<UtcMicros | null>(null);
  problem = $state.raw<Problem | null>(null);
  saving = $state(false);
  /** The id of the try that failed is used again: a note is not written twice. */
  id: string | null = null;

  leave(): NoteKept {
    const { text, category, camera, at, id } = this;
    this.clear();
    return { text, category, camera, at, id };
  }

  take(kept: NoteKept | null): void {
    if (kept) Object.assign(this, kept);
  }

  clear(): void {
    this.text = '';
    this.category = null;
    this.camera = null;
    this.at = null;
    this.problem = null;
    this.id = null;
  }
}

/** A bookmark being titled. */
export class BookmarkForm {
  readonly bookmark: Bookmark;
  title = $state('');
  category = $state<string | null>(null);
  tags = $state.raw<string[]>([]);
  note = $state('');
  problem = $state.raw<Problem | null>(null);
  saving = $state(false);

  constructor(bookmark: Bookmark) {
    this.bookmark = bookmark;
    this.title = bookmark.title;
    this.category = bookmark.category;
    this.tags = bookmark.tags;
    this.note = bookmark.note;
  }

  get changed(): boolean {
    const b = this.bookmark;
    return (
      this.title !== b.title ||
      this.category !== b.category ||
      this.note !== b.note ||
      this.tags.join('\n') !== b.tags.join('\n')
    );
  }
}
