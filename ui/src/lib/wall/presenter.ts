// Who paints the pictures. The page only says where the tiles stand and what lies over them.

import type { Backend, Rect, TilePainted, TileRect } from '../backend/backend';
import { NativePresenter } from './native';
import { PagePresenter } from './page';

export interface Presenter {
  /** All tiles of the wall; replaces what was there. */
  setTiles(tiles: TileRect[]): void;
  /** Rectangles of menus, dialogs and drag ghosts over the wall, in CSS pixels of the page. */
  setOccluders(rects: Rect[]): void;
  /** Tiles whose camera is lost or stalled: what is painted there must go. */
  setBlank(tiles: ReadonlySet<number>): void;
  /** Once a second: what is painted. */
  tileStates(fn: (tiles: TilePainted[]) => void): () => void;
  /** Once a second while there are glance tiles: the age of the oldest picture among them. */
  oldest(fn: (age_ms: number | null) => void): () => void;
  dispose(): void;
}

/** `stage` is the element that holds the wall; the page presenter puts its canvas there. */
export async function openPresenter(backend: Backend, stage: HTMLElement): Promise<Presenter> {
  const { presenter, window } = await backend.windowInfo();
  const surface = backend.surface();
  if (presenter === 'native' && surface) return new NativePresenter(surface);
  return new PagePresenter(await backend.pixels(), window, stage);
}
