// The digital zoom of a board's tiles: each tile's own, forgotten when another camera comes into it.

import { SvelteMap } from 'svelte/reactivity';
import type { CameraId } from '../backend/backend';
import type { Board } from './board';
import { panned, zoomed, type View } from './zoom';

export class Zooms {
  readonly #by_tile = new SvelteMap<number, { camera: CameraId; view: View }>();

  /** The part of the tile's picture that is shown; null: all of it. */
  of(tile: number, camera: CameraId | null | undefined): View | null {
    const kept = this.#by_tile.get(tile);
    return kept && kept.camera === camera ? kept.view : null;
  }

  set(tile: number, camera: CameraId | null | undefined, view: View | null): void {
    if (!camera || !view) {
      this.#by_tile.delete(tile);
      return;
    }
    const before = this.of(tile, camera);
    if (before && before.x === view.x && before.y === view.y && before.w === view.w) return;
    this.#by_tile.set(tile, { camera, view });
  }

  /** About a point of the tile, in shares. */
  zoom(tile: number, camera: CameraId | null | undefined, by: number, px = 0.5, py = 0.5): void {
    this.set(tile, camera, zoomed(this.of(tile, camera), by, px, py));
  }

  pan(tile: number, camera: CameraId | null | undefined, dx: number, dy: number): void {
    this.set(tile, camera, panned(this.of(tile, camera), dx, dy));
  }

  /** What is not shown any more loses its zoom. */
  keep(tiles: readonly (CameraId | null)[]): void {
    for (const [tile, { camera }] of this.#by_tile) if (tiles[tile] !== camera) this.#by_tile.delete(tile);
  }
}

const by_board = new WeakMap<Board, Zooms>();

/** One for each board. */
export function zoomsOf(board: Board): Zooms {
  let zooms = by_board.get(board);
  if (!zooms) by_board.set(board, (zooms = new Zooms()));
  return zooms;
}
