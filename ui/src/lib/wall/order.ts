// Which camera stands in which tile. The wall is one long order of cameras (empty places allowed), cut into pages of
// the grid's size, so that a change of grid or page moves nothing. Pure.

import type { CameraId } from '../backend/backend';

export type Order = readonly (CameraId | null)[];

/** How a page takes cameras from the order: the tile that follows the chosen camera takes none. */
export interface Pages {
  /** Tiles of a page. */
  grid: number;
  page: number;
  hotspot: number | null;
}

export function perPage({ grid, hotspot }: Omit<Pages, 'page'>): number {
  return Math.max(1, hotspot === null ? grid : grid - 1);
}

/** The place in the order of a tile that is not the hotspot. */
export function placeOf(pages: Pages, tile: number): number {
  const before = pages.hotspot !== null && tile > pages.hotspot ? tile - 1 : tile;
  return pages.page * perPage(pages) + before;
}

/** The page and tile of a place in the order. */
export function tileOf(pages: Omit<Pages, 'page'>, place: number): { page: number; tile: number } {
  const per = perPage(pages);
  const at = place % per;
  return { page: Math.floor(place / per), tile: pages.hotspot !== null && at >= pages.hotspot ? at + 1 : at };
}

/** The tiles of a page; `followed` stands in the hotspot. */
export function tilesOf(order: Order, pages: Pages, followed: CameraId | null): (CameraId | null)[] {
  return Array.from({ length: pages.grid }, (_, tile) => (tile === pages.hotspot ? followed : (order[placeOf(pages, tile)] ?? null)));
}

/** The tiles of page `page` of a wall without a hotspot. */
export function pageTiles(order: Order, grid: number, page: number): (CameraId | null)[] {
  return tilesOf(order, { grid, page, hotspot: null }, null);
}

export function pageCount(order: Order, per_page: number): number {
  return Math.max(1, Math.ceil(order.length / per_page));
}

/** A camera into a place. If it stood elsewhere, the two change places: nothing is shown twice, nothing is lost. */
export function put(order: Order, index: number, camera: CameraId): Order {
  const next = [...order];
  while (next.length <= index) next.push(null);
  const from = next.indexOf(camera);
  const displaced = next[index] ?? null;
  if (from >= 0) next[from] = displaced;
  next[index] = camera;
  // A camera pushed out by one that was nowhere goes to the end, where the pages find it.
  if (from < 0 && displaced !== null) next.push(displaced);
  return trim(next);
}

export function swap(order: Order, a: number, b: number): Order {
  const next = [...order];
  while (next.length <= Math.max(a, b)) next.push(null);
  [next[a], next[b]] = [next[b] ?? null, next[a] ?? null];
  return trim(next);
}

export function empty(order: Order, index: number): Order {
  const next = [...order];
  if (index < next.length) next[index] = null;
  return trim(next);
}

/** After the room changed: cameras that are gone leave, new ones follow at the end. */
export function reconcile(order: Order, known: ReadonlySet<CameraId>, added: readonly CameraId[]): Order {
  const next = trim(order.map((camera) => (camera !== null && known.has(camera) ? camera : null))) as (CameraId | null)[];
  const there = new Set(next);
  return [...next, ...added.filter((camera) => known.has(camera) && !there.has(camera))];
}

function trim(order: Order): Order {
  let end = order.length;
  while (end > 0 && order[end - 1] === null) end -= 1;
  return order.slice(0, end);
}
