// A list of incidents with its filters: asked for page by page, asked again when one changes.

import type { Backend, CameraId, Incident, IncidentCount, IncidentId, IncidentOrder, IncidentQuery, IncidentState, Problem, UnitId, UtcMicros } from '../../lib/backend/backend';
import { asFailure } from '../../lib/backend/backend';

export type IncidentTab = 'open' | 'waiting' | 'closed';

/** Whatever waits for approval is open too. */
export const TAB_STATES: Record<IncidentTab, readonly IncidentState[]> = {
  open: ['new', 'verifying', 'handling', 'waiting', 'reopened'],
  waiting: ['waiting'],
  closed: ['closed', 'cancelled'],
};

export interface IncidentFilters {
  tab: IncidentTab;
  text: string;
  category: string | null;
  unit: UnitId | null;
  camera: CameraId | null;
  opened_by: string;
  from: UtcMicros | null;
  to: UtcMicros | null;
  order: IncidentOrder;
  reversed: boolean;
}

export function noFilters(): IncidentFilters {
  return { tab: 'open', text: '', category: null, unit: null, camera: null, opened_by: '', from: null, to: null, order: 'detected', reversed: false };
}

/** How many of the folded filters narrow; the tab, the words and the order do not count. */
export function filterCount(f: IncidentFilters): number {
  return [f.category, f.unit, f.camera, f.from, f.to].filter((each) => each !== null).length + (f.opened_by.trim() === '' ? 0 : 1);
}

export function queryOf(f: IncidentFilters, limit: number, after: IncidentId | null): IncidentQuery {
  const word = (text: string) => text.normalize('NFC').trim();
  return {
    states: [...TAB_STATES[f.tab]],
    category: f.category,
    unit: f.unit,
    camera: f.camera,
    opened_by: word(f.opened_by) || null,
    from: f.from,
    to: f.to,
    text: word(f.text),
    order: f.order,
    reversed: f.reversed,
    after,
    limit,
  };
}

/** What a saved query asks for, as the list shows it. */
export function filtersOf(q: IncidentQuery): IncidentFilters {
  const tabs = Object.entries(TAB_STATES) as [IncidentTab, readonly IncidentState[]][];
  const same = (states: readonly IncidentState[]) => states.length === q.states.length && states.every((state) => q.states.includes(state));
  const tab = tabs.find(([, states]) => same(states))?.[0] ?? 'open';
  const { category, unit, camera, from, to, text, order, reversed } = q;
  return { tab, text, category, unit, camera, opened_by: q.opened_by ?? '', from, to, order, reversed };
}

export function tabCount(counts: readonly IncidentCount[], tab: IncidentTab): number {
  return counts.reduce((sum, each) => sum + (TAB_STATES[tab].includes(each.state) ? each.count : 0), 0);
}

export class IncidentList {
  items = $state.raw<Incident[]>([]);
  counts = $state.raw<IncidentCount[]>([]);
  loaded = $state(false);
  loading = $state(false);
  more = $state(false);
  problem = $state.raw<Problem | null>(null);
  readonly #backend: Backend;
  readonly #page: number;
  #run = 0;
  #key = '';

  constructor(backend: Backend, page = 60) {
    this.#backend = backend;
    this.#page = page;
  }

  /** From the first on; of a list that has grown by paging, as many as there were. */
  async load(filters: IncidentFilters): Promise<void> {
    const key = JSON.stringify(queryOf(filters, 0, null));
    const limit = Math.min(500, key === this.#key ? Math.max(this.#page, this.items.length) : this.#page);
    this.#key = key;
    await this.#ask(queryOf(filters, limit, null), []);
  }

  /** The next page. */
  async further(filters: IncidentFilters): Promise<void> {
    const last = this.items.at(-1);
    if (!last || !this.more || this.loading) return;
    await this.#ask(queryOf(filters, this.#page, last.id), this.items);
  }

  async #ask(query: IncidentQuery, before: Incident[]): Promise<void> {
    const run = ++this.#run;
    this.loading = true;
    try {
      const known = new Set(before.map((each) => each.id));
      // Words that stand in very many places are first looked for as far as it goes at once, then everywhere.
      for (const quick of query.text.trim() === '' ? [false] : [true, false]) {
        const { items, more, counts } = await this.#backend.call('incident.list', { ...query, quick });
        if (run !== this.#run) return;
        if (quick && items.length === 0) continue;
        this.items = [...before, ...items.filter((each) => !known.has(each.id))];
        this.more = more;
        if (before.length === 0) this.counts = counts;
        this.problem = null;
        this.loaded = true;
      }
    } catch (thrown) {
      if (run === this.#run) this.problem = asFailure(thrown).problem;
    } finally {
      if (run === this.#run) this.loading = false;
    }
  }

  /** One that changed, where it stands; whether it is in place still is asked by whoever counts the changes. */
  take(incident: Incident): void {
    this.items = this.items.map((each) => (each.id === incident.id ? incident : each));
  }
}
