// What is painted in each tile, as a board keeps it: written only where something changed, so that nothing on the page
// moves while all is well.

import type { SvelteMap } from 'svelte/reactivity';
import type { Camera, TilePainted } from '../backend/backend';
import { leading } from '../room/cameras';
import type { Painted } from './board';

/** A key frame is due each interval; so much later it should be here. */
const LATE_MS = 1000;
/** While a camera's interval is not known. */
const INTERVAL_S = 2;

/** From this age on the picture of a tile that shows key frames is older than it should be. */
export function lateMs(camera: Camera | undefined): number {
  const interval_s = camera && leading(camera)?.stats.key_interval_s;
  return (interval_s || INTERVAL_S) * 1000 + LATE_MS;
}

/** `late_ms`: from which age on a tile's picture is older than it should be. */
export function notePainted(painted: SvelteMap<number, Painted>, tiles: readonly TilePainted[], late_ms: (tile: TilePainted) => number): void {
  const seen = new Set<number>();
  for (const tile of tiles) {
    if (!tile.painted) continue;
    seen.add(tile.tile);
    const age_ms = tile.age_ms ?? 0;
    const age_s = age_ms >= late_ms(tile) ? Math.floor(age_ms / 1000) : null;
    const tier = tile.tier ?? null;
    const before = painted.get(tile.tile);
    if (before?.camera !== tile.camera || before.age_s !== age_s || before.tier !== tier) painted.set(tile.tile, { camera: tile.camera, age_s, tier });
  }
  for (const tile of [...painted.keys()]) if (!seen.has(tile)) painted.delete(tile);
}
