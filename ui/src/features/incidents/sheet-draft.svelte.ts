// The sheet as it is edited: what is typed is kept until it is saved, and two who edit at once lose nothing.

import type { Incident, IncidentFile, IncidentText, Problem } from '../../lib/backend/backend';
import { changed, fieldsOf, merge, textOf, type IncidentFields, type TextField } from '../../lib/room/incident-text';
import type { Drafts } from '../../lib/desk/drafts.svelte';
import type { OpenIncident } from './file.svelte';

interface SheetTyped {
  fields: IncidentFields;
  /** The sheet and its number of edits when the form was filled, or when another's edit was last taken in. */
  base: IncidentText;
  edits: number;
}

/** A field that both changed. */
export interface Clash {
  field: TextField;
  mine: IncidentText;
  theirs: IncidentText;
  chosen: 'mine' | 'theirs' | null;
}

export class SheetDraft {
  readonly typed: SheetTyped;
  clashes = $state<Clash[]>([]);
  /** Fields of another's edit that were taken in. */
  taken = $state.raw<TextField[]>([]);
  /** Who edited meanwhile. */
  other = $state('');
  problem = $state.raw<Problem | null>(null);
  saving = $state(false);
  readonly #drafts: Drafts;
  readonly #id: string;

  constructor(drafts: Drafts, incident: Incident) {
    this.#drafts = drafts;
    this.#id = incident.id;
    this.typed = drafts.keepSafe(this.#name, () => ({ fields: fieldsOf(incident.text), base: incident.text, edits: incident.edits }));
  }

  get #name(): string {
    return `incident-edit:${this.#id}`;
  }

  get changed(): boolean {
    return changed(this.typed.base, textOf(this.typed.fields)).length > 0;
  }

  /** So many fields wait for a person's choice. */
  get left(): number {
    return this.clashes.filter((each) => each.chosen === null).length;
  }

  drop(): void {
    this.#drafts.drop(this.#name);
  }

  choose(clash: Clash, chosen: 'mine' | 'theirs'): void {
    clash.chosen = chosen;
    const said = fieldsOf(chosen === 'mine' ? clash.mine : clash.theirs);
    Object.assign(this.typed.fields, { [clash.field]: said[clash.field] });
  }

  /** Saved: true. A conflict is looked into at once: the present sheet is read, and what can be merged is. */
  async save(open: OpenIncident): Promise<boolean> {
    if (this.saving || this.left > 0) return false;
    this.saving = true;
    this.problem = null;
    this.clashes = [];
    this.taken = [];
    const { edits } = this.typed;
    const text = textOf(this.typed.fields);
    const problem = await open.act((backend) => backend.call('incident.update', { id: this.#id, text, edits }));
    this.saving = false;
    if (!problem) {
      this.drop();
      return true;
    }
    this.problem = problem;
    if (problem.code === 'Conflict') {
      await open.load(this.#id);
      if (open.file?.incident.id === this.#id) this.takeIn(open.file);
    }
    return false;
  }

  /** What another saved meanwhile. */
  takeIn(file: IncidentFile): void {
    const { text: theirs, edits } = file.incident;
    if (edits === this.typed.edits) return;
    const mine = textOf(this.typed.fields);
    const { text, clashes, taken } = merge(this.typed.base, mine, theirs);
    this.other = file.history.find((step) => step.before !== null)?.who ?? '';
    this.taken = taken;
    this.clashes = clashes.map((field) => ({ field, mine, theirs, chosen: null }));
    Object.assign(this.typed.fields, fieldsOf(text));
    this.typed.base = theirs;
    this.typed.edits = edits;
    this.problem = null;
  }
}
