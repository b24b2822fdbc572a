// The window program paints, above the page.

import type { Rect, Surface, TilePainted, TileRect } from '../backend/backend';
import type { Presenter } from './presenter';

export class NativePresenter implements Presenter {
  readonly #surface: Surface;
  /** The window program tells only what changed: what it told before still holds. */
  readonly #told = new Map<number, TilePainted>();

  constructor(surface: Surface) {
    this.#surface = surface;
  }

  setTiles(tiles: TileRect[]): void {
    const cameras = new Map(tiles.map((tile) => [tile.tile, tile.camera]));
    for (const [tile, told] of this.#told) if (cameras.get(tile) !== told.camera) this.#told.delete(tile);
    this.#surface.set(tiles, window.devicePixelRatio);
  }

  setOccluders(rects: Rect[]): void {
    this.#surface.occlude(rects);
  }

  // The station blanks a lost camera's slot by itself.
  setBlank(): void {}

  tileStates(fn: (tiles: TilePainted[]) => void): () => void {
    return this.#surface.onTiles((changed) => {
      for (const tile of changed) this.#told.set(tile.tile, tile);
      fn([...this.#told.values()]);
    });
  }

  oldest(fn: (age_ms: number | null) => void): () => void {
    return this.#surface.onOldest(fn);
  }

  dispose(): void {
    this.#surface.set([], window.devicePixelRatio);
    this.#surface.occlude([]);
  }
}
