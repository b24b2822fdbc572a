// What the one search finds besides cameras: asked of the station a moment after the last letter, grouped by what it is.

import type { Backend, Found, FoundKind } from '../../lib/backend/backend';
import { asFailure, isRefused } from '../../lib/backend/backend';

const WAIT_MS = 120;
const MOST = 40;
const MOST_EACH = 5;
/** Fewer letters find nothing that anybody looks for. */
const LEAST = 2;

/** In the order in which they stand; cameras are found by the page itself, at once. */
export const KINDS: readonly FoundKind[] = ['incident', 'subject', 'note', 'bookmark', 'shift', 'person'];

export interface FoundGroup {
  kind: FoundKind;
  items: Found[];
}

/** By kind, the best of each first; at most a few of each, so that the rare ones are seen too. */
export function grouped(found: readonly Found[]): FoundGroup[] {
  return KINDS.map((kind) => ({ kind, items: found.filter((each) => each.what.kind === kind).slice(0, MOST_EACH) })).filter((group) => group.items.length > 0);
}

export interface Part {
  text: string;
  lit: boolean;
}

/** A text in parts, lit where it was found. Marks that overlap or lie outside are taken as far as they make sense. */
export function parts(text: string, marks: readonly (readonly [number, number])[]): Part[] {
  const out: Part[] = [];
  let at = 0;
  for (const [begin, end] of [...marks].sort((a, b) => a[0] - b[0])) {
    const [from, to] = [Math.max(at, begin), Math.min(text.length, end)];
    if (from >= to) continue;
    if (from > at) out.push({ text: text.slice(at, from), lit: false });
    out.push({ text: text.slice(from, to), lit: true });
    at = to;
  }
  if (at < text.length) out.push({ text: text.slice(at), lit: false });
  return out;
}

export class Finder {
  groups = $state.raw<FoundGroup[]>([]);
  /** What was found is that of an earlier query, or nothing yet. */
  asking = $state(false);
  readonly #backend: Backend;
  #run = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  ask(query: string): void {
    const text = query.normalize('NFC').trim().slice(0, 200);
    const run = ++this.#run;
    clearTimeout(this.#timer);
    if (text.length < LEAST) {
      this.groups = [];
      this.asking = false;
      return;
    }
    this.asking = true;
    this.#timer = setTimeout(() => void this.#find(text, run), WAIT_MS);
  }

  async #find(text: string, run: number): Promise<void> {
    try {
      // As far as it goes at once; and everywhere, where that was not enough.
      for (const quick of [true, false]) {
        const found = await this.#backend.call('search.find', { text, kinds: [...KINDS], from: null, to: null, limit: MOST, quick });
        if (run !== this.#run) return;
        if (found.length > 0 || !quick) this.groups = grouped(found);
        if (found.length >= MOST) break;
      }
    } catch (thrown) {
      // Whoever may not read the records finds cameras all the same.
      if (run === this.#run) this.groups = [];
      if (!isRefused(thrown)) console.warn('search', asFailure(thrown).problem.key);
    } finally {
      if (run === this.#run) this.asking = false;
    }
  }
}
