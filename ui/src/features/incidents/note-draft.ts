// A note of the chronology that is being written. It is kept until it is saved: over views, over a lost station, over a page
// that dies.

import type { IncidentId, NoteId, UtcMicros } from '../../lib/backend/backend';
import type { Drafts } from '../../lib/desk/drafts.svelte';

export interface NoteDraft {
  text: string;
  /** Chosen with the first try: one that is repeated does not write two. */
  id: NoteId | null;
  /** When writing began: the moment that the note is about. */
  at: UtcMicros | null;
  corrects: NoteId | null;
}

const name = (incident: IncidentId) => `incident-note:${incident}`;

export function noteDraft(drafts: Drafts, incident: IncidentId): NoteDraft {
  return drafts.keepSafe(name(incident), () => ({ text: '', id: null, at: null, corrects: null }));
}

/** Saved: the next one is another note. The object stays the same, the box that shows it too. */
export function nextNote(draft: NoteDraft): void {
  draft.text = '';
  draft.at = null;
  draft.corrects = null;
  draft.id = null;
}
