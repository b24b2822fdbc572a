// What the wall needs of whoever says which camera stands in which tile: the live wall, or review.

import type { SvelteMap } from 'svelte/reactivity';
import type { Camera, CameraId, TilePainted, Tier } from '../backend/backend';
import type { GlancePlan } from './overview';
import type { WallShape } from './shape';

export interface Painted {
  camera: CameraId;
  /** Age of a live picture that is older than it should be. */
  age_s: number | null;
  /** How much of its stream was decoded for it; null where that is not known. */
  tier: Tier | null;
}

/** The room for the tiles, in CSS pixels. */
export interface Space {
  width: number;
  height: number;
  gap: number;
  /** Device pixels per CSS pixel, and CSS pixels per rem. */
  scale: number;
  rem: number;
}

export interface Board {
  /** Its tiles show the archive at the playhead instead of what is live. */
  readonly archive: boolean;
  /** So many tiles. */
  readonly grid: number;
  /** How they stand; null: as a grid that uses the room there is. */
  readonly shape: WallShape | null;
  /** The tile that follows the camera that was chosen last, with its main stream. */
  readonly hotspot: number | null;
  /** The tile with the frame. */
  focus: number;
  /** The focused tile fills the wall. */
  large: boolean;
  readonly tiles: (CameraId | null)[];
  readonly focused: CameraId | null;
  readonly painted: SvelteMap<number, Painted>;
  /** All cameras at once: places its own tiles, small ones for which key frames are enough; absent: a grid. */
  arrange?(space: Space, aspects: readonly (number | null)[]): GlancePlan;
  /** From this age on, in milliseconds, a tile's picture is older than it should be. */
  lateMs?(camera: Camera): number;
  moveFocus(dx: number, dy: number): void;
  /** One step back, from an enlarged picture or what was brought up. */
  back?(): boolean;
  /** Its borders can be dragged. `done`: the hand let go. */
  bend?(shape: WallShape, done: boolean): void;
  enlarge(tile: number): void;
  toggleLarge(): void;
  put(tile: number, camera: CameraId): void;
  swap(a: number, b: number): void;
  empty(tile: number): void;
  /** Brings a camera before the person. */
  find(camera: CameraId): void;
  takePainted(tiles: TilePainted[]): void;
}
