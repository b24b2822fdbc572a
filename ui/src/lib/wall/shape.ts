// How a wall is cut into tiles. A shape is a form (a square grid, or large tiles with small ones around them), and, once
// somebody dragged its borders, the cells that came of it. Cells are whole units of a square, so that borders meet
// exactly and a layout fits every screen. Pure; where the pixels are is said by layout.ts.

import type { WallCell, WallForm, WallShape } from '../backend/backend';

/** A side of the wall. Halves, thirds, fifths, sevenths, eighths, ninths of it are whole. */
export const UNITS = 5040;
/** No tile becomes narrower or lower by dragging, unless it is already. */
export const LEAST = 315;

export const GRIDS = [1, 4, 9, 16, 25, 36, 64] as const;
export type Grid = (typeof GRIDS)[number];
export const LEADS = ['1+5', '1+7', '2+8'] as const;
/** All that a person can choose, smallest first; two and three tiles come only by themselves (alarms, review). */
export const FORMS = ['1', '4', '1+5', '1+7', '9', '2+8', '16', '25', '36', '64'] as const;
export type { WallCell, WallForm, WallShape };

export function isGrid(n: number): n is Grid {
  return (GRIDS as readonly number[]).includes(n);
}

export function shapeOf(form: WallForm): WallShape {
  return { form, cells: null };
}

/** `columns` by `rows` cells in reading order, the last row cut off at `count`. */
export function gridCells(columns: number, rows: number, count = columns * rows): WallCell[] {
  const edge = (i: number, of: number) => Math.round((i * UNITS) / of);
  return Array.from({ length: count }, (_, i) => {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    const [x, y] = [edge(column, columns), edge(row, rows)];
    return { x, y, w: edge(column + 1, columns) - x, h: edge(row + 1, rows) - y };
  });
}

/** `lead` tiles of `span` by `span` along the top, the rest of a `side` by `side` grid around them. */
function leadCells(lead: number, span: number, side: number): WallCell[] {
  const one = UNITS / side;
  const large = Array.from({ length: lead }, (_, i) => ({ x: i * span * one, y: 0, w: span * one, h: span * one }));
  return [...large, ...gridCells(side, side).filter((c) => c.y >= span * one || c.x >= lead * span * one)];
}

const CELLS: Record<WallForm, WallCell[]> = {
  '1': gridCells(1, 1),
  '2': gridCells(2, 1),
  '3': [{ x: 0, y: 0, w: 3360, h: UNITS }, { x: 3360, y: 0, w: 1680, h: 2520 }, { x: 3360, y: 2520, w: 1680, h: 2520 }],
  '4': gridCells(2, 2),
  '9': gridCells(3, 3),
  '16': gridCells(4, 4),
  '25': gridCells(5, 5),
  '36': gridCells(6, 6),
  '64': gridCells(8, 8),
  '1+5': leadCells(1, 2, 3),
  '1+7': leadCells(1, 3, 4),
  '2+8': leadCells(2, 2, 4),
};

export function isForm(form: string): form is WallForm {
  return form in CELLS;
}

/** The cells of the form, undragged. */
export function formCells(form: WallForm): readonly WallCell[] {
  return CELLS[form];
}

export function cellsOf(shape: WallShape): readonly WallCell[] {
  return shape.cells ?? CELLS[shape.form];
}

/** With these cells; as the form says, if that is what they are. */
export function withCells(form: WallForm, cells: readonly WallCell[]): WallShape {
  return { form, cells: sameCells(cells, CELLS[form]) ? null : [...cells] };
}

function sameCells(a: readonly WallCell[], b: readonly WallCell[]): boolean {
  return a.length === b.length && a.every((c, i) => c.x === b[i]?.x && c.y === b[i]?.y && c.w === b[i]?.w && c.h === b[i]?.h);
}

export function sameShape(a: WallShape, b: WallShape): boolean {
  return a.form === b.form && sameCells(cellsOf(a), cellsOf(b));
}

/** Whether these cells cover the whole wall once, as many as the form has. */
export function isShape(shape: WallShape): boolean {
  if (!isForm(shape.form)) return false;
  const { cells } = shape;
  if (cells === null) return true;
  if (cells.length !== CELLS[shape.form].length) return false;
  const inside = (c: WallCell) =>
    [c.x, c.y, c.w, c.h].every(Number.isInteger) && c.x >= 0 && c.y >= 0 && c.w > 0 && c.h > 0 && c.x + c.w <= UNITS && c.y + c.h <= UNITS;
  const apart = (a: WallCell, b: WallCell) => a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
  return (
    cells.every(inside) &&
    cells.every((a, i) => cells.slice(i + 1).every((b) => apart(a, b))) &&
    cells.reduce((sum, c) => sum + c.w * c.h, 0) === UNITS * UNITS
  );
}

/** The form that holds so many cameras at once. */
export function formFor(cameras: number): WallForm {
  const fits = (['1', '2', '3', '4', '1+5', '1+7', '9', '2+8', '16', '25', '36'] as const).find((form) => CELLS[form].length >= cameras);
  return fits ?? '64';
}

/** The tile that lies in a direction: the nearest whose side faces this one's, best where the middles meet. */
export function neighbourOf(cells: readonly WallCell[], tile: number, dx: number, dy: number): number | null {
  const from = cells[tile];
  if (!from) return null;
  const along = dx !== 0;
  const [start, size] = along ? [from.y, from.h] : [from.x, from.w];
  let best: { tile: number; gap: number; off: number } | null = null;
  cells.forEach((cell, i) => {
    if (i === tile) return;
    const gap = dx > 0 ? cell.x - (from.x + from.w) : dx < 0 ? from.x - (cell.x + cell.w) : dy > 0 ? cell.y - (from.y + from.h) : from.y - (cell.y + cell.h);
    const [s, l] = along ? [cell.y, cell.h] : [cell.x, cell.w];
    if (gap < 0 || s >= start + size || s + l <= start) return;
    // Of several that face a large tile, the first: one reads from there.
    const off = Math.max(0, s - start);
    if (!best || gap < best.gap || (gap === best.gap && off < best.off)) best = { tile: i, gap, off };
  });
  return (best as { tile: number } | null)?.tile ?? null;
}
