// The window program paints, above the page.

import type { Rect, Surface, TilePainted, TileRect } from '../backend/backend';
import type { Presenter } from './presenter';

export class NativePresenter implements Presenter {
  readonly #surface: Surface;

  constructor(surface: Surface) {
    this.#surface = surface;
  }

  setTiles(tiles: TileRect[]): void {
    this.#surface.set(tiles, window.devicePixelRatio);
  }

  setOccluders(rects: Rect[]): void {
    this.#surface.occlude(rects);
  }

  // The station blanks a lost camera's slot by itself.
  setBlank(): void {}

  tileStates(fn: (tiles: TilePainted[]) => void): () => void {
    return this.#surface.onTiles(fn);
  }

  dispose(): void {
    this.#surface.set([], window.devicePixelRatio);
    this.#surface.occlude([]);
  }
}
