// The wall of one window: grid, which camera in which tile, focus, enlarged. Remembered at the station.

import { SvelteMap } from 'svelte/reactivity';
import type { Camera, CameraId, TilePainted } from '../backend/backend';
import { asFailure } from '../backend/backend';
import type { RoomState } from '../room/room.svelte';
import type { Board, Painted } from './board';
import { empty, pageCount, pageTiles, put, reconcile, swap, type Order } from './order';
import { isGrid, type Grid } from './layout';

/** Remembering waits until a drag or a row of key presses is over. */
const REMEMBER_MS = 700;
/** The station keeps at most so many. */
const REMEMBER_MOST = 256;
/** The station remembers beside each window's wall what was taken off it, under a name that no window can have. */
const OFF_SUFFIX = '_off';
/** From this age on a picture is not live any more and says so. */
export const STALE_MS = 3000;

export class WallState implements Board {
  readonly archive = false;
  grid = $state<Grid>(16);
  page = $state(0);
  /** The tile with the frame, counted on the page. */
  focus = $state(0);
  /** The focused tile fills the wall. */
  large = $state(false);
  order = $state.raw<Order>([]);
  /** The wall was recalled (or filled for the first time); before that nothing is remembered. */
  ready = $state(false);
  /** What is painted, tile by tile, as told once a second. */
  readonly painted = new SvelteMap<number, Painted>();

  readonly tiles: (CameraId | null)[] = $derived(pageTiles(this.order, this.grid, this.page));
  readonly pages: number = $derived(pageCount(this.order, this.grid));
  readonly focused: CameraId | null = $derived(this.tiles[this.focus] ?? null);

  readonly #room: RoomState;
  #window = 'main';
  #known = new Set<CameraId>();
  /** The station has cameras in its list of those taken off. */
  #any_off = false;
  /** Until a person chooses a grid it grows with the room, up to sixteen: cameras may come one by one. */
  #grows = true;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(room: RoomState) {
    this.#room = room;
  }

  /** Asks the station what this window showed last. */
  async recall(window: string): Promise<void> {
    this.#window = window;
    const recalled = (name: string) =>
      this.#room.backend.call('wall.recall', name).catch((thrown: unknown) => {
        console.warn('wall.recall', asFailure(thrown).problem.key);
        return null;
      });
    const [memory, off] = await Promise.all([recalled(window), recalled(window + OFF_SUFFIX)]);
    const cameras = this.#room.ordered;
    if (memory && isGrid(memory.grid)) {
      const there = memory.tiles.filter((id) => id !== null);
      this.grid = memory.grid;
      this.order = memory.tiles;
      // A camera that a person took off is no new one: it stays off.
      this.#any_off = (off?.tiles.length ?? 0) > 0;
      this.#known = new Set([...there, ...(off?.tiles ?? []).filter((id) => id !== null)]);
      this.#grows = memory.grid === smallestGrid(there.length);
    }
    this.ready = true;
    this.follow(cameras);
  }

  /** The room's cameras changed. Cameras never seen are appended; one that a person took off stays off. */
  follow(cameras: Camera[]): void {
    if (!this.ready) return;
    const ids = cameras.map((camera) => camera.id);
    const known = new Set(ids);
    const added = ids.filter((id) => !this.#known.has(id));
    this.order = reconcile(this.order, known, added);
    this.#known = known;
    if (this.#grows && ids.length > 0) this.#showGrid(smallestGrid(ids.length));
    this.#keepInside();
    if (added.length > 0) this.#remember();
  }

  /** A person chose: from now on the grid stays. */
  setGrid(grid: Grid): void {
    this.#grows = false;
    this.large = false;
    this.#showGrid(grid);
    this.#remember();
  }

  /** The focused camera stays in sight and focused. */
  #showGrid(grid: Grid): void {
    if (grid === this.grid) return;
    const at = this.page * this.grid + this.focus;
    this.grid = grid;
    this.page = Math.floor(at / grid);
    this.focus = at % grid;
    this.#keepInside();
  }

  turnPage(by: number): void {
    const page = Math.min(Math.max(this.page + by, 0), this.pages - 1);
    if (page === this.page) return;
    this.page = page;
    this.large = false;
  }

  /** Moves the frame; from the last tile of a row to the next row and page is not done: an operator would lose place. */
  moveFocus(dx: number, dy: number): void {
    const side = Math.round(Math.sqrt(this.grid));
    const x = (this.focus % side) + dx;
    const y = Math.floor(this.focus / side) + dy;
    if (x < 0 || y < 0 || x >= side || y >= side) return;
    // An enlarged wall goes from picture to picture.
    if (this.large && !this.tiles[y * side + x]) return;
    this.focus = y * side + x;
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

  put(tile: number, camera: CameraId): void {
    this.order = put(this.order, this.page * this.grid + tile, camera);
    this.focus = tile;
    this.#remember();
  }

  swap(a: number, b: number): void {
    if (a === b) return;
    const base = this.page * this.grid;
    this.order = swap(this.order, base + a, base + b);
    this.focus = b;
    this.#remember();
  }

  empty(tile: number): void {
    this.order = empty(this.order, this.page * this.grid + tile);
    this.large = false;
    this.#remember();
  }

  /** Brings a camera before the operator: its page and tile if it has one, else the focused tile. */
  find(camera: CameraId): void {
    const at = this.order.indexOf(camera);
    if (at < 0) {
      this.put(this.focus, camera);
      return;
    }
    const page = Math.floor(at / this.grid);
    if (page !== this.page) this.large = false;
    this.page = page;
    this.focus = at % this.grid;
  }

  /** Age of the focused tile's picture in milliseconds: the moment a person reacts to is the one that was shown. */
  ageOf(tile: number): number {
    return (this.painted.get(tile)?.age_s ?? 0) * 1000;
  }

  takePainted(tiles: TilePainted[]): void {
    const seen = new Set<number>();
    for (const tile of tiles) {
      if (!tile.painted) continue;
      seen.add(tile.tile);
      // A fresh picture has no age to show: nothing on the page changes while all is well.
      const age_s = (tile.age_ms ?? 0) >= STALE_MS ? Math.floor((tile.age_ms ?? 0) / 1000) : null;
      const before = this.painted.get(tile.tile);
      if (before?.camera !== tile.camera || before.age_s !== age_s) {
        this.painted.set(tile.tile, { camera: tile.camera, age_s });
      }
    }
    for (const tile of [...this.painted.keys()]) if (!seen.has(tile)) this.painted.delete(tile);
  }

  #keepInside(): void {
    if (this.page >= this.pages) this.page = this.pages - 1;
    if (this.focus >= this.grid) this.focus = this.grid - 1;
    if (this.large && !this.focused) this.large = false;
  }

  #remember(): void {
    if (!this.ready) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const on = new Set(this.order);
      const off = [...this.#known].filter((camera) => !on.has(camera));
      this.#keep(this.#window, this.order);
      // Nothing is written while nothing was ever taken off.
      if (off.length > 0 || this.#any_off) this.#keep(this.#window + OFF_SUFFIX, off);
      this.#any_off = off.length > 0;
    }, REMEMBER_MS);
  }

  #keep(window: string, order: Order): void {
    this.#room.backend
      .call('wall.remember', { window, grid: this.grid, tiles: order.slice(0, REMEMBER_MOST) })
      .catch((thrown) => console.warn('wall.remember', asFailure(thrown).problem.key));
  }
}

/** The first wall shows sixteen, fewer only if there are fewer cameras. */
function smallestGrid(cameras: number): Grid {
  return ([1, 4, 9] as const).find((grid) => cameras <= grid) ?? 16;
}
