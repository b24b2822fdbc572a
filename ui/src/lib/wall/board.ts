// What the wall needs of whoever says which camera stands in which tile: the live wall, or review.

import type { SvelteMap } from 'svelte/reactivity';
import type { CameraId, TilePainted } from '../backend/backend';

export interface Painted {
  camera: CameraId;
  /** Age of a live picture that is older than it should be. */
  age_s: number | null;
}

export interface Board {
  /** Its tiles show the archive at the playhead instead of what is live. */
  readonly archive: boolean;
  readonly grid: number;
  /** The tile with the frame. */
  focus: number;
  /** The focused tile fills the wall. */
  large: boolean;
  readonly tiles: (CameraId | null)[];
  readonly focused: CameraId | null;
  readonly painted: SvelteMap<number, Painted>;
  moveFocus(dx: number, dy: number): void;
  enlarge(tile: number): void;
  toggleLarge(): void;
  put(tile: number, camera: CameraId): void;
  swap(a: number, b: number): void;
  empty(tile: number): void;
  /** Brings a camera before the person. */
  find(camera: CameraId): void;
  takePainted(tiles: TilePainted[]): void;
}
