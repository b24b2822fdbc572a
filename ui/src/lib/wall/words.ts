// What the wall's buttons are called.

import { numberText } from '../time/time';
import { m } from '../words/words.svelte';
import { GRIDS } from './shape';

/** The overview beside the grids: how many cameras it shows, where that continues their row; else its name. */
export function overviewText(cameras: number): string {
  return cameras > (GRIDS.at(-1) ?? 64) ? numberText(cameras) : m.overview();
}
