// Which camera stands in which tile. The wall is one long order of cameras (empty places allowed), cut into pages of
// the grid's size, so that a change of grid or page moves nothing. Pure.

import type { CameraId } from '../backend/backend';

export type Order = readonly (CameraId | null)[];

/** The tiles of page `page`. */
export function pageTiles(order: Order, grid: number, page: number): (CameraId | null)[] {
  return Array.from({ length: grid }, (_, i) => order[page * grid + i] ?? null);
}

export function pageCount(order: Order, grid: number): number {
  return Math.max(1, Math.ceil(order.length / grid));
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
