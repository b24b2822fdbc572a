// A tour: layouts (or the pages of one) shown in turn, each for its time. Any manual action pauses it; one key goes on.
// It counts whole seconds, and only while it runs.

import type { LayoutId, Tour, TourId, TourView } from '../backend/backend';
import { cellsOf } from './shape';
import { perPage } from './order';
import type { Layouts } from './layouts.svelte';
import type { WallPicture } from './picture';
import type { WallState } from './wall.svelte';

/** How long a page stands where no saved tour says it. */
export const DWELL_S = 20;
export const DWELLS_S = [5, 10, 20, 30, 60, 120] as const;

/** One page of a tour. */
export interface Stop {
  /** Null: a page of what was there when it started. */
  layout: LayoutId | null;
  page: number;
  dwell_s: number;
}

export class TourRun {
  /** Null: none goes on. */
  on = $state.raw<{ tour: TourId | null; dwell_s: number } | null>(null);
  paused = $state(false);
  stop = $state(0);
  /** Seconds until the next one. */
  left_s = $state(0);
  /** What this window started last, for the key. */
  last: TourId | null = null;
  dwell_s = $state(DWELL_S);

  readonly #wall: WallState;
  readonly #layouts: Layouts;
  /** What was there before. */
  before: WallPicture | null = null;
  /** The tour itself is changing the wall. */
  #acting = false;

  readonly name: string | null = $derived.by(() => (this.on ? (this.#layouts.tour(this.on.tour)?.name ?? null) : null));

  constructor(wall: WallState, layouts: Layouts) {
    this.#wall = wall;
    this.#layouts = layouts;
  }

  get running(): boolean {
    return this.on !== null && !this.paused;
  }

  /** The stops as they are now: layouts may change, come and go while it runs. */
  stops(): Stop[] {
    if (!this.on) return [];
    const tour = this.#layouts.tour(this.on.tour);
    const before = this.before;
    if (!tour) {
      if (!before || this.on.tour !== null) return [];
      const pages = pagesOf(before.order.length, cellsOf(before.shape).length, before.hotspot);
      return Array.from({ length: pages }, (_, page) => ({ layout: null, page, dwell_s: this.on?.dwell_s ?? DWELL_S }));
    }
    return tour.steps.flatMap(({ layout, page, dwell_s }) => {
      const saved = this.#layouts.get(layout);
      if (!saved) return [];
      const pages = pagesOf(saved.cameras.length, cellsOf(saved.shape).length, saved.hotspot);
      if (page !== null) return page < pages ? [{ layout, page, dwell_s }] : [];
      return Array.from({ length: pages }, (_, each) => ({ layout, page: each, dwell_s }));
    });
  }

  /** Starts a saved tour, or the pages of what is shown. Says whether there is anything to show. */
  start(tour: Tour | null): boolean {
    this.end();
    this.before = this.#wall.picture();
    this.on = { tour: tour?.id ?? null, dwell_s: this.dwell_s };
    this.last = tour?.id ?? null;
    this.paused = false;
    // The page in sight stays; a saved tour begins at its begin.
    this.stop = tour ? 0 : this.#wall.page;
    if (this.stops().length < (tour ? 1 : 2)) {
      this.on = null;
      this.before = null;
      return false;
    }
    this.#show();
    return true;
  }

  /** Ends it; what was there before it comes back. */
  end(): void {
    const before = this.before;
    if (!this.on) return;
    this.on = null;
    this.before = null;
    this.paused = false;
    if (before) this.#act(() => this.#wall.showPicture(before));
  }

  /** It is over, and what is shown stays: a person went on to something else. */
  drop(): void {
    this.on = null;
    this.before = null;
    this.paused = false;
  }

  /** A person did something. */
  manual(): void {
    if (this.running && !this.#acting) {
      this.paused = true;
      this.#wall.remember();
    }
  }

  /** Goes on: what stands there stands its whole time again, and the tour's own pictures come back with it. */
  resume(): void {
    if (!this.on || !this.paused) return;
    this.paused = false;
    this.#show();
  }

  /** One key: starts, pauses, goes on. Says whether there is anything to show. */
  toggle(): boolean {
    if (this.running) this.manual();
    else if (this.on) this.resume();
    else return this.start(this.#layouts.tour(this.last) ?? null);
    return true;
  }

  /** Another second is over. */
  tick(): void {
    if (!this.running) return;
    this.left_s -= 1;
    if (this.left_s > 0) return;
    this.stop += 1;
    this.#show();
  }

  #show(): void {
    const stops = this.stops();
    if (stops.length === 0) {
      this.end();
      return;
    }
    this.stop %= stops.length;
    const stop = stops[this.stop];
    if (!stop) return;
    this.left_s = stop.dwell_s;
    const before = this.before;
    this.#act(() => {
      const saved = this.#layouts.get(stop.layout);
      if (saved) this.#wall.showLayout(saved, stop.page);
      else if (before) this.#wall.showPicture({ ...before, page: stop.page, large: false, focus: 0 });
    });
  }

  #act(act: () => void): void {
    this.#acting = true;
    try {
      act();
    } finally {
      this.#acting = false;
    }
  }

  /** For the station's memory. */
  view(): TourView | null {
    return this.on ? { tour: this.on.tour, stop: this.stop, dwell_s: this.on.dwell_s, paused: this.paused } : null;
  }

  /** After a restart, when the wall and the layouts are there. A stop that ran begins anew. */
  recall(view: TourView, before: WallPicture): void {
    this.before = before;
    this.on = { tour: view.tour, dwell_s: view.dwell_s || DWELL_S };
    this.last = view.tour;
    this.dwell_s = view.tour === null ? this.on.dwell_s : this.dwell_s;
    this.stop = view.stop;
    this.paused = view.paused;
    if (!view.paused) this.#show();
  }
}

function pagesOf(cameras: number, grid: number, hotspot: number | null): number {
  return Math.max(1, Math.ceil(cameras / perPage({ grid, hotspot })));
}
