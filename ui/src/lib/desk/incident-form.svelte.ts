// An incident being opened: what is typed outlives the panel, the view, the station and the page.

import type { Bookmark, Camera, Footage, Incident, Problem, UtcMicros } from '../backend/backend';
import { asFailure } from '../backend/backend';
import { newId } from '../backend/ids';
import { emptyText, fieldsOf, textOf, textOfCamera, type IncidentFields } from '../room/incident-text';
import type { RoomState } from '../room/room.svelte';
import type { Drafts } from './drafts.svelte';

const NAME = 'incident-new';

/** What is kept of it. */
export interface IncidentTyped {
  /** Chosen at once: a try that is repeated does not open two. */
  id: string;
  fields: IncidentFields;
  note: string;
  /** The marks made for it. */
  bookmarks: { id: string; camera: string; at: UtcMicros; start: UtcMicros; end: UtcMicros; recorded: boolean }[];
  footage: Footage[];
  /** What the form began with, to tell whether anything was typed. */
  was: string;
}

const said = (typed: IncidentTyped) => JSON.stringify([typed.fields, typed.note]);

export class IncidentForm {
  readonly typed: IncidentTyped;
  /** It was left half written before. */
  readonly resumed: boolean;
  problem = $state.raw<Problem | null>(null);
  saving = $state(false);
  /** Counts up when the keyboard is asked for. */
  asked = $state(0);
  readonly #drafts: Drafts;

  private constructor(drafts: Drafts, make: () => IncidentTyped) {
    this.#drafts = drafts;
    this.resumed = drafts.has(NAME);
    this.typed = drafts.keepSafe(NAME, make);
  }

  /** About a moment of a camera, or of none. */
  static about(drafts: Drafts, camera: Camera | null, at: UtcMicros, footage: Footage[] = []): IncidentForm {
    return new IncidentForm(drafts, () => {
      const text = camera ? textOfCamera(camera, at) : emptyText(at);
      const typed = { id: newId(), fields: fieldsOf(camera ? text : { ...text, source: 'report' }), note: '', bookmarks: [], footage, was: '' };
      return { ...typed, was: said(typed) };
    });
  }

  static waits(drafts: Drafts): boolean {
    return drafts.has(NAME);
  }

  get changed(): boolean {
    return said(this.typed) !== this.typed.was;
  }

  addMark({ id, cameras, at, start, end, recorded }: Bookmark): void {
    const [camera] = cameras;
    if (camera !== undefined) this.typed.bookmarks.push({ id, camera, at, start, end, recorded });
  }

  drop(): void {
    this.#drafts.drop(NAME);
  }

  /** Opens it; the text stays with the reason if that fails. */
  async save(room: RoomState): Promise<Incident | null> {
    if (this.saving) return null;
    this.saving = true;
    this.problem = null;
    const { id, fields, note, bookmarks, footage } = this.typed;
    try {
      const file = await room.backend.call('incident.open', {
        id,
        text: textOf(fields),
        footage: footage.map((each) => ({ ...each })),
        bookmarks: bookmarks.map((each) => each.id),
        stills: [],
        note: note.normalize('NFC').trim(),
      });
      this.drop();
      return file.incident;
    } catch (thrown) {
      this.problem = asFailure(thrown).problem;
      // The id stands for another incident: what was corrected is a new one.
      if (this.problem.code === 'Conflict') this.typed.id = newId();
      return null;
    } finally {
      this.saving = false;
    }
  }
}
