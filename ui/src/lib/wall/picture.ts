// What a wall shows, as something to go back to: undo, what a tile showed before, the wall under an alarm, what the
// station remembers. Pure.

import type { CameraId, LayoutId, WallMemory, WallView } from '../backend/backend';
import type { Order } from './order';
import { cellsOf, isShape, shapeOf, type WallShape } from './shape';

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
  /** The saved layout that this is, or came of; null: all cameras. */
  layout: LayoutId | null;
}

/** The station keeps at most so many. */
const REMEMBER_MOST = 256;

/** As the station remembers it. */
export function memoryOf(window: string, picture: WallPicture, more: Partial<WallView> = {}): WallMemory {
  const { shape, order, page, focus, large, hotspot, followed, layout } = picture;
  return {
    window,
    shape,
    tiles: order.slice(0, REMEMBER_MOST),
    view: { page, focus, large, layout, hotspot, followed, chosen: true, tour: null, brought: null, overview: false, by_number: false, ...more },
    who: null,
    at: null,
  };
}

/** What was remembered, as far as it makes sense. */
export function pictureOf(memory: WallMemory): WallPicture {
  const { page, focus, large, layout, followed } = memory.view;
  const shape = isShape(memory.shape) ? memory.shape : shapeOf('16');
  const count = cellsOf(shape).length;
  const hotspot = memory.view.hotspot !== null && count > 1 && memory.view.hotspot < count ? memory.view.hotspot : null;
  return { shape, order: memory.tiles, page, focus, large, hotspot, followed, layout };
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
