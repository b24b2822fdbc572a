// The saved layouts and tours as this page knows them: fetched on joining, kept up by events. What is personal is listed
// for its owner alone.

import { asFailure, isRefused, type Layout, type LayoutDraft, type LayoutId, type Tour, type TourDraft, type TourId } from '../backend/backend';
import type { RoomState } from '../room/room.svelte';

export class Layouts {
  /** In their order; those of other people too, as events bring them. */
  #all = $state.raw<Layout[]>([]);
  #all_tours = $state.raw<Tour[]>([]);
  /** They were fetched at least once. */
  loaded = $state(false);
  /** A layout changed or went, also by this window's own hand. */
  onlayout: (id: LayoutId) => void = () => {};

  readonly room: RoomState;
  readonly list: Layout[] = $derived.by(() => this.#all.filter((each) => each.shared || each.owner === this.room.me));
  readonly tours: Tour[] = $derived.by(() => this.#all_tours.filter((each) => each.shared || each.owner === this.room.me));

  constructor(room: RoomState) {
    this.room = room;
  }

  join(): () => void {
    const b = this.room.backend;
    const offs = [
      b.on('layout.changed', (layout) => this.#apply(() => this.take(layout))),
      b.on('layout.deleted', (id) => this.#apply(() => this.#drop(id))),
      b.on('layout.ordered', (ids) => this.#apply(() => this.#order(ids))),
      b.on('tour.changed', (tour) => this.#apply(() => this.takeTour(tour))),
      b.on('tour.deleted', (id) => this.#apply(() => (this.#all_tours = this.#all_tours.filter((each) => each.id !== id)))),
      b.on('resync', () => void this.fetchAll()),
      b.onLink((link) => {
        if (link === 'joined') void this.fetchAll();
      }),
    ];
    return () => offs.forEach((off) => off());
  }

  /** Events overtake the reply of a list that is older than they are: those that come meanwhile are applied again. */
  #meanwhile: (() => void)[] | null = null;

  #apply(change: () => void): void {
    change();
    this.#meanwhile?.push(change);
  }

  async fetchAll(): Promise<void> {
    const b = this.room.backend;
    const meanwhile: (() => void)[] = (this.#meanwhile = []);
    try {
      const [layouts, tours] = await Promise.all([b.call('layout.list', null), b.call('tour.list', null)]);
      this.#all = layouts;
      this.#all_tours = tours;
      this.loaded = true;
      for (const change of meanwhile) change();
      for (const layout of layouts) this.onlayout(layout.id);
    } catch (thrown) {
      if (!isRefused(thrown)) console.warn('layouts', asFailure(thrown).problem.key);
    } finally {
      if (this.#meanwhile === meanwhile) this.#meanwhile = null;
    }
  }

  get(id: LayoutId | null): Layout | undefined {
    return id === null ? undefined : this.#all.find((each) => each.id === id);
  }

  tour(id: TourId | null): Tour | undefined {
    return id === null ? undefined : this.#all_tours.find((each) => each.id === id);
  }

  take(layout: Layout): void {
    const known = this.#all.some((each) => each.id === layout.id);
    this.#all = known ? this.#all.map((each) => (each.id === layout.id ? layout : each)) : [...this.#all, layout];
    this.onlayout(layout.id);
  }

  takeTour(tour: Tour): void {
    const known = this.#all_tours.some((each) => each.id === tour.id);
    this.#all_tours = known ? this.#all_tours.map((each) => (each.id === tour.id ? tour : each)) : [...this.#all_tours, tour];
  }

  #drop(id: LayoutId): void {
    this.#all = this.#all.filter((each) => each.id !== id);
    this.onlayout(id);
  }

  #order(ids: readonly LayoutId[]): void {
    const rank = new Map(ids.map((id, i) => [id, i]));
    const of = (each: Layout) => rank.get(each.id) ?? Number.MAX_SAFE_INTEGER;
    this.#all = [...this.#all].sort((a, b) => of(a) - of(b));
  }

  /** Saves; rejects with a Failure. */
  async put(draft: LayoutDraft): Promise<Layout> {
    const layout = await this.room.backend.call('layout.put', { ...draft, name: draft.name.normalize('NFC').trim() });
    this.take(layout);
    return layout;
  }

  async delete(layout: Layout): Promise<void> {
    await this.room.backend.call('layout.delete', { id: layout.id, edits: layout.edits });
    this.#drop(layout.id);
  }

  /** One place up or down among those that are listed. */
  async move(id: LayoutId, by: 1 | -1): Promise<void> {
    const ids = this.list.map((each) => each.id);
    const at = ids.indexOf(id);
    const other = ids[at + by];
    if (at < 0 || other === undefined) return;
    ids[at] = other;
    ids[at + by] = id;
    this.#order(await this.room.backend.call('layout.order', ids));
  }

  async putTour(draft: TourDraft): Promise<Tour> {
    const tour = await this.room.backend.call('tour.put', { ...draft, name: draft.name.normalize('NFC').trim() });
    this.takeTour(tour);
    return tour;
  }

  async deleteTour(tour: Tour): Promise<void> {
    await this.room.backend.call('tour.delete', { id: tour.id, edits: tour.edits });
    this.#all_tours = this.#all_tours.filter((each) => each.id !== tour.id);
  }
}

/** What is put, of what is known. */
export function draftOf({ id, name, shared, shape, cameras, hotspot, edits }: Layout): LayoutDraft {
  return { id, name, shared, shape, cameras, hotspot, edits };
}

export function tourDraftOf({ id, name, shared, steps, edits }: Tour): TourDraft {
  return { id, name, shared, steps, edits };
}
