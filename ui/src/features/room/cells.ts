// One cell a camera in the bottom strip: which state it is in, where it stands, what it looks like. Pure but for the
// canvas that is handed in.

import type { Camera, UnitId } from '../../lib/backend/backend';
import { cameraView } from '../../lib/room/cameras';
import { recordedOf } from '../../lib/room/recorded';

/** `dark`: no picture (lost, stalled, not decoded). `unrecorded`: a picture, but not recorded although it should be. */
export type CellState = 'live' | 'connecting' | 'dark' | 'unrecorded';

export interface Cell {
  camera: string;
  unit: UnitId | null;
  state: CellState;
}

export function cellOf(camera: Camera): Cell {
  const { phase } = cameraView(camera);
  const recorded = recordedOf(camera);
  const bad = recorded?.state === 'failing' || recorded?.state === 'waiting';
  const state = phase === 'lost' || phase === 'stalled' ? 'dark' : phase === 'connecting' ? 'connecting' : bad ? 'unrecorded' : 'live';
  return { camera: camera.id, unit: camera.unit, state };
}

export interface Placed {
  x: number;
  row: number;
  cell: Cell;
}

export interface CellPlan {
  rows: number;
  /** Width of a cell with its gap, in CSS pixels. */
  pitch: number;
  width: number;
  placed: Placed[];
}

const UNIT_GAP = 3;
const MANY = 96;

/** The width below which cells are too thin to be told apart; of very many at most so much. */
export function leastWidth(cells: readonly Cell[], most = 320): number {
  const { placed, pitch } = planCells(cells, 0);
  const columns = new Set(placed.map(({ x }) => x)).size;
  const last = placed.at(-1)?.x ?? 0;
  return Math.min(most, Math.ceil(last + pitch + columns * (2 - pitch)));
}

/** Left to right, unit by unit with a gap between; two rows for many, filled column by column. */
export function planCells(cells: readonly Cell[], width_most: number): CellPlan {
  const rows = cells.length > MANY ? 2 : 1;
  let columns = 0;
  const gaps: number[] = [];
  const at: { column: number; row: number; gaps: number }[] = [];
  cells.forEach((cell, i) => {
    const before = cells[i - 1];
    const last = at.at(-1);
    if (before && before.unit !== cell.unit) gaps.push(i);
    const fresh = !last || before?.unit !== cell.unit || last.row === rows - 1;
    if (fresh) columns += 1;
    at.push({ column: columns - 1, row: fresh ? 0 : (last?.row ?? 0) + 1, gaps: gaps.length });
  });
  const room = width_most - gaps.length * UNIT_GAP;
  const pitch = columns === 0 ? 0 : Math.min(9, Math.max(1, Math.floor((room / columns) * 2) / 2));
  const placed = at.map(({ column, row, gaps: passed }, i): Placed => ({ x: column * pitch + passed * UNIT_GAP, row, cell: cells[i] as Cell }));
  return { rows, pitch, width: Math.ceil(columns * pitch + gaps.length * UNIT_GAP), placed };
}

/** The cell under a point, the nearest one in a gap. */
export function cellAt(plan: CellPlan, x: number, y: number, height: number): Placed | null {
  const row = Math.min(plan.rows - 1, Math.max(0, Math.floor((y / height) * plan.rows)));
  let best: Placed | null = null;
  let best_away = Infinity;
  for (const each of plan.placed) {
    // A column that has one cell only is that cell's as a whole.
    const away = Math.abs(each.x + plan.pitch / 2 - x) + (each.row === row ? 0 : plan.pitch * 0.75);
    if (away < best_away) [best, best_away] = [each, away];
  }
  return best;
}

export interface CellColours {
  live: string;
  dim: string;
  warn: string;
}

/** Normal cells are low and grey. No picture: high and hatched. Not recorded: high and hollow, with a dot in it. */
export function paintCells(ctx: CanvasRenderingContext2D, plan: CellPlan, height: number, colours: CellColours): void {
  ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
  const lane = height / plan.rows;
  const w = Math.max(1, plan.pitch - (plan.pitch >= 3 ? 1 : 0.5));
  for (const { x, row, cell } of plan.placed) {
    const bottom = (row + 1) * lane - 1;
    const high = lane - 2;
    if (cell.state === 'live' || cell.state === 'connecting') {
      const low = Math.max(3, high * 0.5);
      ctx.fillStyle = cell.state === 'live' ? colours.live : colours.dim;
      ctx.fillRect(x, bottom - low, w, low);
    } else if (cell.state === 'dark') {
      ctx.fillStyle = colours.warn;
      // A hatch that is still one on two pixels: every second line.
      for (let y = bottom - high; y < bottom; y += 3) ctx.fillRect(x, y, w, Math.min(2, bottom - y));
      ctx.fillRect(x, bottom - 1, w, 1);
    } else {
      ctx.fillStyle = colours.live;
      ctx.fillRect(x, bottom - 1, w, 1);
      ctx.fillStyle = colours.warn;
      const dot = Math.max(2, Math.min(w, high * 0.6));
      ctx.beginPath();
      ctx.arc(x + w / 2, bottom - high + dot / 2, dot / 2, 0, 7);
      ctx.fill();
    }
  }
}
