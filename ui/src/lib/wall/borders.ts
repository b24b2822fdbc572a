// The borders between tiles: which there are, how far each can go, where it snaps. Pure, in units of the wall.

import { cellsOf, formCells, LEAST, UNITS, withCells, type WallCell, type WallShape } from './shape';

export type Axis = 'x' | 'y';

/** A piece of a line that can move by itself: tiles end at it on one side, and begin at it on the other. */
export interface Border {
  /** `x`: it stands and moves left and right. `y`: it lies and moves up and down. */
  axis: Axis;
  at: number;
  from: number;
  to: number;
  /** The tiles left of it, or above it. */
  before: number[];
  /** The tiles right of it, or below it. */
  after: number[];
}

const lo = (c: WallCell, axis: Axis) => (axis === 'x' ? c.x : c.y);
const size = (c: WallCell, axis: Axis) => (axis === 'x' ? c.w : c.h);
const hi = (c: WallCell, axis: Axis) => lo(c, axis) + size(c, axis);
const other = (axis: Axis): Axis => (axis === 'x' ? 'y' : 'x');

/** Every border, each as short as it can be. */
export function bordersOf(cells: readonly WallCell[]): Border[] {
  return (['x', 'y'] as const).flatMap((axis) => {
    const lines = [...new Set(cells.map((c) => lo(c, axis)))].filter((at) => at > 0).sort((a, b) => a - b);
    return lines.flatMap((at) => along(cells, axis, at));
  });
}

function along(cells: readonly WallCell[], axis: Axis, at: number): Border[] {
  const across = other(axis);
  const of = (touches: (c: WallCell) => boolean) =>
    cells.flatMap((c, tile) => (touches(c) ? [{ tile, from: lo(c, across), to: hi(c, across) }] : [])).sort((a, b) => a.from - b.from);
  const before = of((c) => hi(c, axis) === at);
  const after = of((c) => lo(c, axis) === at);
  const borders: Border[] = [];
  let [i, j] = [0, 0];
  while (i < before.length && j < after.length) {
    const border: Border = { axis, at, from: before[i]?.from ?? 0, to: 0, before: [], after: [] };
    // From here to where tiles end on both sides at once.
    let [a, b] = [before[i], after[j]];
    for (;;) {
      if (!a || !b) return borders;
      if (a.to === b.to) break;
      if (a.to < b.to) {
        border.before.push(a.tile);
        a = before[(i += 1)];
      } else {
        border.after.push(b.tile);
        b = after[(j += 1)];
      }
    }
    border.before.push(a.tile);
    border.after.push(b.tile);
    border.to = a.to;
    borders.push(border);
    i += 1;
    j += 1;
  }
  return borders;
}

/** The whole straight line that a border is a piece of. */
export function lineOf(cells: readonly WallCell[], border: Border): Border {
  const pieces = along(cells, border.axis, border.at);
  let at = pieces.findIndex((piece) => piece.from === border.from);
  if (at < 0) return border;
  while (pieces[at - 1]?.to === pieces[at]?.from) at -= 1;
  const line = { ...border, before: [] as number[], after: [] as number[], from: pieces[at]?.from ?? border.from };
  for (; at < pieces.length; at += 1) {
    const piece = pieces[at];
    if (!piece || (line.before.length > 0 && piece.from !== line.to)) break;
    line.before.push(...piece.before);
    line.after.push(...piece.after);
    line.to = piece.to;
  }
  return line;
}

/** How far a border can go, so that no tile becomes too small. */
export function rangeOf(cells: readonly WallCell[], border: Border): { least: number; most: number } {
  const { axis, at } = border;
  const starts = border.before.map((tile) => lo(cells[tile] ?? NONE, axis));
  const ends = border.after.map((tile) => hi(cells[tile] ?? NONE, axis));
  return { least: Math.min(at, Math.max(...starts) + LEAST), most: Math.max(at, Math.min(...ends) - LEAST) };
}
const NONE: WallCell = { x: 0, y: 0, w: 0, h: 0 };

/** The cells after a border went to `to`, or as near as it can. */
export function moveBorder(cells: readonly WallCell[], border: Border, to: number): WallCell[] {
  const { axis } = border;
  const { least, most } = rangeOf(cells, border);
  const at = Math.round(Math.min(Math.max(to, least), most));
  const before = new Set(border.before);
  const after = new Set(border.after);
  return cells.map((c, tile) => {
    if (before.has(tile)) return axis === 'x' ? { ...c, w: at - c.x } : { ...c, h: at - c.y };
    if (after.has(tile)) return axis === 'x' ? { ...c, x: at, w: c.x + c.w - at } : { ...c, y: at, h: c.y + c.h - at };
    return c;
  });
}

/** Where a border rests by itself near `to`: in line with other borders, where the form had it, at simple parts of the wall. */
export function snap(shape: WallShape, border: Border, to: number, within: number): number {
  const cells = cellsOf(shape);
  const { axis } = border;
  const moved = new Set([...border.before, ...border.after]);
  const lines = cells.flatMap((c, tile) => (moved.has(tile) ? [] : [lo(c, axis), hi(c, axis)]));
  const simple = [UNITS / 2, UNITS / 3, (UNITS * 2) / 3, UNITS / 4, (UNITS * 3) / 4];
  const home = homeOf(shape, border);
  let best = to;
  let nearest = within;
  for (const at of [home, ...lines, ...simple]) {
    const away = Math.abs(at - to);
    if (away > nearest || (away === nearest && best !== to)) continue;
    best = at;
    nearest = away;
  }
  return best;
}

/** Where the form has this border. */
function homeOf(shape: WallShape, border: Border): number {
  const cell = formCells(shape.form)[border.before[0] ?? -1];
  return cell ? hi(cell, border.axis) : border.at;
}

/** The border back to where the form has it, as near as its neighbours let it. */
export function resetBorder(shape: WallShape, border: Border): WallShape {
  return withCells(shape.form, moveBorder(cellsOf(shape), border, homeOf(shape, border)));
}

/** A step of a tile's right or lower border by the keyboard; of its left or upper one where it has no other. */
export function nudge(shape: WallShape, tile: number, axis: Axis, by: number): WallShape {
  const cells = cellsOf(shape);
  const borders = bordersOf(cells).filter((border) => border.axis === axis);
  const border = borders.find((b) => b.before.includes(tile)) ?? borders.find((b) => b.after.includes(tile));
  return border ? withCells(shape.form, moveBorder(cells, border, border.at + by)) : shape;
}
