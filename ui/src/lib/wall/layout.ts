// Where the tiles stand. Pure: sizes in, rectangles out, all in CSS pixels that fall on device pixels.

import type { Rect } from '../backend/backend';
import { gridCells, UNITS, type WallCell } from './shape';

export { GRIDS, isGrid, type Grid } from './shape';

/** Two pictures stand side by side; else as many columns as rows. */
export function columnsOf(grid: number): number {
  return grid === 2 ? 2 : Math.round(Math.sqrt(grid));
}

export function rowsOf(grid: number, columns = columnsOf(grid)): number {
  return Math.ceil(grid / columns);
}

/** So much larger pictures are worth a grid that is not square. */
const WORTH = 1.12;

/** The columns that give the largest pictures of 16:9, where that is worth it: a wide and low wall gets more of them. */
export function bestColumns(grid: number, sizes: LayoutSizes): number {
  const width = (columns: number) => {
    const w = (sizes.width - sizes.gap) / columns - sizes.gap;
    const h = (sizes.height - sizes.gap) / rowsOf(grid, columns) - sizes.gap - sizes.strip;
    return Math.max(0, Math.min(w, h * WIDE));
  };
  let best = columnsOf(grid);
  let least = width(best) * WORTH;
  for (let columns = 1; columns <= grid; columns += 1) {
    if (width(columns) <= least) continue;
    best = columns;
    least = width(columns);
  }
  return best;
}

export interface TilePlace {
  /** The whole tile: picture area and strip. */
  cell: Rect;
  /** The picture area above the strip. */
  stage: Rect;
  /** The video rectangle in the stage, with the camera's aspect ratio. */
  video: Rect;
  /** Height of the strip as asked for. */
  strip: number;
}

export interface LayoutSizes {
  width: number;
  height: number;
  /** Between tiles; the focus frame stands in it. */
  gap: number;
  /** Height of the strip under the picture. */
  strip: number;
  /** Device pixels per CSS pixel. */
  scale: number;
}

export const WIDE = 16 / 9;

/** Height of a strip for a cell of this size in CSS pixels. */
export type StripOf = (width: number, height: number) => number;

/**
 * Places one tile a cell. `aspects[i]` is width / height of tile i's picture; 16:9 while unknown. `strip` overrides the
 * sizes' own where the cells differ.
 */
export function placeCells(cells: readonly WallCell[], sizes: LayoutSizes, aspects: readonly (number | null)[] = [], strip?: StripOf): TilePlace[] {
  const snap = (v: number) => Math.round(v * sizes.scale) / sizes.scale;
  const { width, height } = sizes;
  // Whole device pixels, so that every gap is as wide as the others.
  const gap = snap(sizes.gap);
  const across = (units: number) => (units * (width - gap)) / UNITS;
  const down = (units: number) => (units * (height - gap)) / UNITS;
  return cells.map((of, i) => {
    // Edges are snapped, not sizes, and both sides of a gap from the same one: no gap is a pixel wider than another.
    const x = snap(snap(across(of.x)) + gap);
    const right = snap(across(of.x + of.w));
    const y = snap(snap(down(of.y)) + gap);
    const bottom = snap(down(of.y + of.h));
    const cell = { x, y, w: Math.max(0, right - x), h: Math.max(0, bottom - y) };
    // From the unsnapped size: tiles of the same kind get the same strip.
    const under = strip?.(across(of.w) - gap, down(of.h) - gap) ?? sizes.strip;
    const stage = { x, y, w: cell.w, h: Math.max(0, cell.h - snap(under)) };
    return { cell, stage, video: fit(stage, aspects[i] ?? WIDE, snap), strip: under };
  });
}

/** Places `grid` tiles in reading order, `columns` in a row. */
export function layoutTiles(grid: number, sizes: LayoutSizes, aspects: readonly (number | null)[] = [], columns = columnsOf(grid)): TilePlace[] {
  return placeCells(gridCells(columns, rowsOf(grid, columns), grid), sizes, aspects);
}

function fit(stage: Rect, aspect: number, snap: (v: number) => number): Rect {
  const w = Math.min(stage.w, stage.h * aspect);
  const h = Math.min(stage.h, stage.w / aspect);
  const sw = snap(w);
  const sh = snap(h);
  return { x: snap(stage.x + (stage.w - sw) / 2), y: snap(stage.y + (stage.h - sh) / 2), w: sw, h: sh };
}

/** How much higher the strip of a cell could be without making a 16:9 picture smaller. */
export function spareHeight(width: number, height: number, strip: number): number {
  return Math.max(0, height - strip - width / WIDE);
}
