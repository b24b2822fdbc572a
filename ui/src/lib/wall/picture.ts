// What a wall shows, as something to go back to: undo, what a tile showed before, the wall under an alarm. Pure.

import type { CameraId } from '../backend/backend';
import type { Order } from './order';
import type { WallShape } from './shape';

export interface WallPicture {
  shape: WallShape;
  order: Order;
  page: number;
  focus: number;
  large: boolean;
  /** The tile that follows the chosen camera. */
  hotspot: number | null;
  /** The camera that stands there. */
  followed: CameraId | null;
}

/** So many contents of a tile are kept. */
export const HISTORY_MOST = 8;
/** So many changes can be taken back. */
export const UNDO_MOST = 24;

/** What each tile showed before, newest first. */
export class TileHistory {
  readonly #by_tile = new Map<number, CameraId[]>();

  /** Tiles changed by hand from `before` to `after`. */
  note(before: readonly (CameraId | null)[], after: readonly (CameraId | null)[]): void {
    before.forEach((camera, tile) => {
      if (camera === null || camera === after[tile]) return;
      const rest = (this.#by_tile.get(tile) ?? []).filter((other) => other !== camera);
      // One more than is shown, because what stands there now is left out.
      this.#by_tile.set(tile, [camera, ...rest].slice(0, HISTORY_MOST + 1));
    });
  }

  of(tile: number, now: CameraId | null): CameraId[] {
    return (this.#by_tile.get(tile) ?? []).filter((camera) => camera !== now).slice(0, HISTORY_MOST);
  }
}
