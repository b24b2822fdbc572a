// The hand on the digital zoom: keys for the focused tile, the wheel about the pointer.

import type { Action } from '../desk/keys';
import type { Board } from './board';
import type { TilePlace } from './layout';
import { STEP, wheelFactor } from './zoom';
import type { Zooms } from './zoom.svelte';

/** A press of a key moves by this share of what is shown. */
const LOOK = 0.2;

/** In review + and - are the timeline's. */
export function zoomKeys(board: () => Board, zooms: () => Zooms): Partial<Record<Action, () => void>> {
  const zoom = (by: number) => () => {
    if (board().large || !board().arrange) zooms().zoom(board().focus, board().focused, by);
  };
  const look = (dx: number, dy: number) => () => zooms().pan(board().focus, board().focused, dx * LOOK, dy * LOOK);
  return {
    ...(board().archive ? {} : { closer: zoom(STEP), farther: zoom(1 / STEP) }),
    whole: () => zooms().set(board().focus, board().focused, null),
    look_left: look(-1, 0),
    look_right: look(1, 0),
    look_up: look(0, -1),
    look_down: look(0, 1),
  };
}

/** The point under the pointer stays where it is. `x`, `y`: of the pointer, as the places are counted. */
export function wheelZoom(event: WheelEvent, x: number, y: number, tile: number, place: TilePlace, board: Board, zooms: Zooms): void {
  if (event.ctrlKey) return;
  event.preventDefault();
  const { video } = place;
  const [px, py] = [(x - video.x) / video.w, (y - video.y) / video.h];
  if (px < 0 || px > 1 || py < 0 || py > 1) return;
  zooms.zoom(tile, board.tiles[tile], wheelFactor(event.deltaY, event.deltaMode), px, py);
}

/** The tile that an event is about. */
export function tileOf(target: EventTarget | null): number | null {
  const tile = target instanceof Element ? target.closest<HTMLElement>('[data-tile]')?.dataset.tile : undefined;
  return tile === undefined ? null : Number(tile);
}
