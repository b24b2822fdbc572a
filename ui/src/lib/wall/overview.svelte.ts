// The overview of one window: all cameras at once, by unit or by number. It is a board like the wall, so that what is
// done with the tile in focus, enlarging too, is the same there.

import { SvelteMap } from 'svelte/reactivity';
import { asFailure, type Camera, type CameraId, type TilePainted } from '../backend/backend';
import { numberOf } from '../room/number';
import type { RoomState } from '../room/room.svelte';
import { m } from '../words/words.svelte';
import type { Board, Painted, Space } from './board';
import { lateMs, notePainted } from './painted';
import type { TilePlace } from './layout';
import { memoryOf } from './picture';
import { shapeOf } from './shape';
import { neighbourOf, OVERVIEW_MOST, planGlance, shortUnit, type GlancePlan } from './overview';

/** The station remembers it beside the window's wall, as a wall without tiles under a name that no window can have. */
const SUFFIX = '_overview';

export interface Group {
  /** The unit's name; null: cameras without one, or units are not told apart. */
  name: string | null;
  cameras: Camera[];
}

export class OverviewState implements Board {
  readonly archive = false;
  readonly shape = null;
  readonly hotspot = null;
  /** The live view shows it instead of the wall. */
  open = $state(false);
  by_unit = $state(true);
  /** The columns beside it are shown. */
  side = $state(false);
  page = $state(0);
  large = $state(false);
  readonly painted = new SvelteMap<number, Painted>();
  /** The camera with the frame: whatever else comes or goes, it keeps it. */
  #focused = $state<CameraId | null>(null);
  readonly #room: RoomState;
  #places: readonly TilePlace[] = [];
  #window = 'main';
  #ready = false;

  /** Every camera, in the order of the tiles. */
  readonly order: Camera[] = $derived.by(() => {
    if (this.by_unit) return this.#room.ordered;
    const of = (camera: Camera) => numberOf(camera.code)?.number ?? Number.MAX_SAFE_INTEGER;
    return [...this.#room.ordered].sort((a, b) => of(a) - of(b) || a.code.localeCompare(b.code, 'vi', { numeric: true }));
  });
  readonly pages: number = $derived(Math.max(1, Math.ceil(this.order.length / OVERVIEW_MOST)));
  readonly shown: Camera[] = $derived.by(() => {
    const page = Math.min(this.page, this.pages - 1);
    return this.order.slice(page * OVERVIEW_MOST, (page + 1) * OVERVIEW_MOST);
  });
  /** The tiles of this page by unit; one group where units are not told apart. */
  readonly groups: Group[] = $derived.by(() => {
    if (!this.by_unit) return [{ name: null, cameras: this.shown }];
    const groups: (Group & { unit: string | null })[] = [];
    for (const camera of this.shown) {
      const last = groups.at(-1);
      if (last && last.unit === camera.unit) last.cameras.push(camera);
      else groups.push({ unit: camera.unit, name: this.#room.unitName(camera.unit), cameras: [camera] });
    }
    return groups;
  });
  readonly #ids: string = $derived(this.shown.map((camera) => camera.id).join());
  /** A camera's figures change; which cameras there are does not. */
  readonly tiles: CameraId[] = $derived(this.#ids === '' ? [] : this.#ids.split(','));
  readonly #index: number = $derived(Math.max(0, this.tiles.indexOf(this.#focused ?? '')));
  readonly focused: CameraId | null = $derived(this.tiles[this.#index] ?? null);

  constructor(room: RoomState) {
    this.#room = room;
  }

  /** As this window showed it last. */
  async recall(window: string): Promise<void> {
    this.#window = window;
    const memory = await this.#room.backend.call('wall.recall', window + SUFFIX).catch(() => null);
    if (memory) [this.open, this.by_unit] = [memory.view.overview, !memory.view.by_number];
    this.#ready = true;
  }

  /** Opened, closed, ordered otherwise: the room comes back so. */
  remember(): void {
    if (!this.#ready) return;
    const nothing = { shape: shapeOf('16'), order: [], page: 0, focus: 0, large: false, hotspot: null, followed: null, layout: null };
    const view = { overview: this.open, by_number: !this.by_unit };
    this.#room.backend
      .call('wall.remember', memoryOf(this.#window + SUFFIX, nothing, view))
      .catch((thrown: unknown) => console.warn('wall.remember', asFailure(thrown).problem.key));
  }

  get grid(): number {
    return this.tiles.length;
  }

  get focus(): number {
    return this.#index;
  }

  set focus(tile: number) {
    this.#focused = this.tiles[tile] ?? null;
  }

  arrange({ width, height, gap, scale, rem }: Space, aspects: readonly (number | null)[]): GlancePlan {
    const sizes = { width, height, gap, scale, strip: 1.1 * rem, two: 1.7 * rem, rail: 1.1 * rem };
    const parts = this.groups.map((group) => ({ name: group.name === null ? m.no_unit() : shortUnit(group.name), count: group.cameras.length }));
    const plan = planGlance(parts, sizes, aspects);
    // For the arrows; no screen shows it.
    this.#places = plan.places;
    return plan;
  }

  lateMs(camera: Camera): number {
    return lateMs(camera);
  }

  toggleOrder(): void {
    const { focused } = this;
    this.by_unit = !this.by_unit;
    this.remember();
    if (focused) this.find(focused);
  }

  turnPage(by: number): void {
    const page = Math.min(Math.max(this.page + by, 0), this.pages - 1);
    if (page === this.page) return;
    this.page = page;
    this.large = false;
    this.focus = 0;
  }

  moveFocus(dx: number, dy: number): void {
    // Enlarged there are no rows to see: on to the next one in order.
    const to = this.large ? this.focus + dx + dy : neighbourOf(this.#places, this.focus, dx, dy);
    if (to !== null && to >= 0 && to < this.tiles.length) this.focus = to;
  }

  enlarge(tile: number): void {
    if (!this.tiles[tile]) return;
    this.focus = tile;
    this.large = true;
  }

  toggleLarge(): void {
    if (this.large) this.large = false;
    else this.enlarge(this.focus);
  }

  back(): boolean {
    const was = this.large;
    this.large = false;
    return was;
  }

  find(camera: CameraId): void {
    const at = this.order.findIndex((each) => each.id === camera);
    if (at < 0) return;
    this.page = Math.floor(at / OVERVIEW_MOST);
    this.#focused = camera;
  }

  // Every camera has its place here: nothing is put, swapped or taken out.
  put(_tile: number, camera: CameraId): void {
    this.find(camera);
  }
  swap(): void {}
  empty(): void {}

  takePainted(tiles: TilePainted[]): void {
    notePainted(this.painted, tiles, (tile) => lateMs(this.#room.cameras.get(tile.camera)));
  }
}
