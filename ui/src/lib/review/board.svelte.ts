// Which cameras stand in review, 16 at most, in which tiles. They come one by one; the grid grows with them until a
// person chooses one.

import { SvelteMap } from 'svelte/reactivity';
import type { CameraId, TilePainted } from '../backend/backend';
import { columnsOf, rowsOf } from '../wall/layout';
import type { Board, Painted } from '../wall/board';
import { empty, pageTiles, put, swap, type Order } from '../wall/order';

export const REVIEW_GRIDS = [1, 2, 4, 9, 16] as const;
export type ReviewGrid = (typeof REVIEW_GRIDS)[number];
export const REVIEW_MOST = 16;

export function gridFor(cameras: number): ReviewGrid {
  return REVIEW_GRIDS.find((grid) => cameras <= grid) ?? 16;
}

export class ReviewBoard implements Board {
  readonly archive = true;
  readonly shape = null;
  readonly hotspot = null;
  grid = $state<ReviewGrid>(1);
  focus = $state(0);
  large = $state(false);
  order = $state.raw<Order>([]);
  readonly painted = new SvelteMap<number, Painted>();

  readonly tiles: (CameraId | null)[] = $derived(pageTiles(this.order, this.grid, 0));
  readonly focused: CameraId | null = $derived(this.tiles[this.focus] ?? null);
  /** The cameras that are shown, tile by tile. */
  readonly cameras: CameraId[] = $derived(this.tiles.filter((camera) => camera !== null));

  /** A person chose the grid: it stays. */
  #chosen = false;

  setGrid(grid: ReviewGrid): void {
    this.#chosen = grid !== gridFor(this.cameras.length);
    const camera = this.focused;
    this.grid = grid;
    this.large = false;
    // The focused camera stays in sight.
    if (camera !== null && this.focus >= grid) this.order = swap(this.order, this.focus, grid - 1);
    this.focus = Math.min(this.focus, grid - 1);
  }

  /** Shows exactly these, the first in focus. */
  show(cameras: readonly CameraId[]): void {
    this.order = [...new Set(cameras)].slice(0, REVIEW_MOST);
    this.grid = gridFor(this.order.length);
    this.#chosen = false;
    this.focus = 0;
    this.large = false;
  }

  /** Into the first empty tile; the wall grows for it. With all sixteen taken, into the focused one. */
  find(camera: CameraId): void {
    const at = this.tiles.indexOf(camera);
    if (at >= 0) {
      this.focus = at;
      return;
    }
    const order = this.order.filter((other) => other !== camera);
    const shown = pageTiles(order, this.grid, 0);
    let free = shown.indexOf(null);
    if (free < 0 && this.grid < REVIEW_MOST && !this.#chosen) {
      free = this.grid;
      this.grid = gridFor(this.grid + 1);
    }
    if (free < 0) free = this.focus;
    this.large = false;
    this.put(free, camera);
  }

  /** A camera into a tile. One that stood elsewhere changes places; one that is pushed out finds another tile, if any. */
  put(tile: number, camera: CameraId): void {
    const displaced = this.tiles[tile] ?? null;
    if (this.tiles.includes(camera) || displaced === null) {
      this.order = put(this.order.map((other, i) => (other === camera && i >= this.grid ? null : other)), tile, camera).slice(0, REVIEW_MOST);
      this.focus = tile;
      return;
    }
    this.replace(tile, camera);
    if (this.tiles.includes(null) || (this.grid < REVIEW_MOST && !this.#chosen)) this.find(displaced);
    this.focus = tile;
  }

  /** Another camera in this tile's place, wherever it stood before; for going along a road. */
  replace(tile: number, camera: CameraId): void {
    const order = this.order.map((other) => (other === camera ? null : other));
    while (order.length <= tile) order.push(null);
    order[tile] = camera;
    this.order = order;
    this.focus = tile;
  }

  swap(a: number, b: number): void {
    if (a === b) return;
    this.order = swap(this.order, a, b);
    this.focus = b;
  }

  empty(tile: number): void {
    this.large = false;
    this.order = empty(this.order, tile);
    if (this.#chosen) return;
    // No holes: those behind move up, and the wall gets larger tiles.
    this.order = this.order.filter((camera) => camera !== null);
    this.grid = gridFor(this.order.length);
    this.focus = Math.max(0, Math.min(this.focus, this.order.length - 1));
  }

  drop(camera: CameraId): void {
    const at = this.order.indexOf(camera);
    if (at >= 0) this.empty(at);
  }

  /** Cameras that left the room leave here too. */
  keep(known: ReadonlySet<CameraId>): void {
    for (const camera of this.order) if (camera !== null && !known.has(camera)) this.drop(camera);
  }

  moveFocus(dx: number, dy: number): void {
    const x = (this.focus % columnsOf(this.grid)) + dx;
    const y = Math.floor(this.focus / columnsOf(this.grid)) + dy;
    if (x < 0 || y < 0 || x >= columnsOf(this.grid) || y >= rowsOf(this.grid)) return;
    this.focus = y * columnsOf(this.grid) + x;
  }

  /** The next tile that has a camera, around. */
  nextFocus(by: 1 | -1): void {
    for (let step = 1; step <= this.grid; step += 1) {
      const tile = (this.focus + by * step + this.grid * step) % this.grid;
      if (this.tiles[tile] == null) continue;
      this.focus = tile;
      return;
    }
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

  /** A recorded picture is as old as it is: only whether one stands there matters. */
  takePainted(tiles: TilePainted[]): void {
    const seen = new Set<number>();
    for (const tile of tiles) {
      if (!tile.painted) continue;
      seen.add(tile.tile);
      if (this.painted.get(tile.tile)?.camera !== tile.camera) this.painted.set(tile.tile, { camera: tile.camera, age_s: null, tier: null });
    }
    for (const tile of [...this.painted.keys()]) if (!seen.has(tile)) this.painted.delete(tile);
  }
}
