// Where the tiles stand. Pure: sizes in, rectangles out, all in CSS pixels that fall on device pixels.

import type { Rect } from '../backend/backend';

export const GRIDS = [1, 4, 9, 16, 25, 36, 64] as const;
export type Grid = (typeof GRIDS)[number];

export function isGrid(n: number): n is Grid {
  return (GRIDS as readonly number[]).includes(n);
}

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

/** Places `grid` tiles in reading order. `aspects[i]` is width / height of tile i's picture; 16:9 while unknown. */
export function layoutTiles(grid: number, sizes: LayoutSizes, aspects: readonly (number | null)[] = [], columns = columnsOf(grid)): TilePlace[] {
  const rows = rowsOf(grid, columns);
  const snap = (v: number) => Math.round(v * sizes.scale) / sizes.scale;
  const { width, height, gap } = sizes;
  const strip = snap(sizes.strip);
  const places: TilePlace[] = [];
  for (let i = 0; i < grid; i += 1) {
    const col = i % columns;
    const row = Math.floor(i / columns);
    // Edges are snapped, not sizes: no gap is a pixel wider than another by rounding sums.
    const x = snap(gap + (col * (width - gap)) / columns);
    const right = snap(((col + 1) * (width - gap)) / columns);
    const y = snap(gap + (row * (height - gap)) / rows);
    const bottom = snap(((row + 1) * (height - gap)) / rows);
    const cell = { x, y, w: Math.max(0, right - x), h: Math.max(0, bottom - y) };
    const stage = { x, y, w: cell.w, h: Math.max(0, cell.h - strip) };
    places.push({ cell, stage, video: fit(stage, aspects[i] ?? WIDE, snap) });
  }
  return places;
}

function fit(stage: Rect, aspect: number, snap: (v: number) => number): Rect {
  const w = Math.min(stage.w, stage.h * aspect);
  const h = Math.min(stage.h, stage.w / aspect);
  const sw = snap(w);
  const sh = snap(h);
  return { x: snap(stage.x + (stage.w - sw) / 2), y: snap(stage.y + (stage.h - sh) / 2), w: sw, h: sh };
}

/** How much higher the strip could be without making a 16:9 picture smaller. */
export function spareHeight(grid: number, sizes: LayoutSizes): number {
  const w = (sizes.width - sizes.gap) / columnsOf(grid) - sizes.gap;
  const h = (sizes.height - sizes.gap) / rowsOf(grid) - sizes.gap - sizes.strip;
  return Math.max(0, h - w / WIDE);
}
