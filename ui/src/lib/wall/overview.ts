// Where the tiles of the overview stand: all cameras at once, every picture the same size and as large as the window
// allows. By unit, each unit begins a row of its own and a rail at the left says which it is, where that makes the
// pictures hardly smaller; else one unit follows the other and only the gap between them is marked. Pure.

import type { Rect } from '../backend/backend';
import { WIDE, type TilePlace } from './layout';

/** Tiles of one page: what a window's wall takes, less a reserve. */
export const OVERVIEW_MOST = 240;
/** So much smaller pictures are worth a row of its own for every unit. */
const ROWS_WORTH = 0.9;
/** An aspect so near to the stage's fills it: half a pixel at these sizes. */
const FILLS = 0.02;

export interface GlanceSizes {
  width: number;
  height: number;
  /** Between tiles. */
  gap: number;
  /** The least height of a strip. */
  strip: number;
  /** The height from which a strip has a second line, which is the most it gets. */
  two: number;
  /** Width of the rail that names the units. */
  rail: number;
  /** Device pixels per CSS pixel. */
  scale: number;
}

/** The tiles of one unit, one after another. */
export interface Part {
  name: string;
  count: number;
}

export interface Rail {
  name: string;
  rect: Rect;
}

export interface GlancePlan {
  columns: number;
  places: TilePlace[];
  /** One for each group that has rows of its own; else none. */
  rails: Rail[];
  /** Height of the strips, and whether it has room for two lines. */
  strip: number;
  second: boolean;
  /** Where no rail says so: the tiles with which a unit begins, and what it is called. */
  begins: ReadonlyMap<number, string>;
}

/** Width of the pictures with so many columns; not positive when nothing fits. */
function pictureWidth(columns: number, rows: number, rail: number, s: GlanceSizes): number {
  const across = (s.width - rail - s.gap) / columns - s.gap;
  const down = (s.height - s.gap) / rows - s.gap - s.strip;
  return Math.min(across, down * WIDE);
}

function rowsOf(groups: readonly number[], columns: number): number {
  return groups.reduce((sum, count) => sum + Math.ceil(count / columns), 0);
}

function best(groups: readonly number[], rail: number, s: GlanceSizes): { columns: number; width: number } {
  const most = groups.reduce((a, b) => Math.max(a, b), 1);
  let found = { columns: 1, width: -Infinity };
  for (let columns = 1; columns <= most; columns += 1) {
    const width = pictureWidth(columns, rowsOf(groups, columns), rail, s);
    if (width > found.width) found = { columns, width };
  }
  return found;
}

/**
 * Places tiles in reading order. `parts`: the units, in order; a single one: no units are told apart. `aspects[i]` is
 * width / height of tile i's picture; 16:9 while unknown.
 */
export function planGlance(parts: readonly Part[], wished: GlanceSizes, aspects: readonly (number | null)[] = []): GlancePlan {
  // These too are of whole device pixels.
  const snap = (px: number) => Math.max(1, Math.round(px * wished.scale)) / wished.scale;
  const sizes = { ...wished, gap: snap(wished.gap), rail: snap(wished.rail) };
  const units = parts.filter((part) => part.count > 0);
  const counts = units.map((part) => part.count);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const none: GlancePlan = { columns: 1, places: [], rails: [], strip: sizes.strip, second: false, begins: new Map() };
  if (total === 0 || sizes.width <= 0 || sizes.height <= 0) return none;
  const flow = best([total], 0, sizes);
  const own = counts.length > 1 ? best(counts, sizes.rail, sizes) : null;
  const in_rows = own !== null && own.width >= flow.width * ROWS_WORTH;
  const { columns, width } = in_rows ? own : flow;
  if (width <= 0) return none;
  const rail = in_rows ? sizes.rail : 0;
  const blocks = in_rows ? counts : [total];
  const rows = rowsOf(blocks, columns);

  // Whole device pixels, the same for every tile; what is left over goes into the strips, then between the rows.
  const floor = (v: number) => Math.floor(v * sizes.scale + 1e-6) / sizes.scale;
  const w = floor(width);
  const h = Math.max(1 / sizes.scale, Math.round((w / WIDE) * sizes.scale) / sizes.scale);
  const row = floor((sizes.height - sizes.gap) / rows);
  const strip = Math.max(floor(sizes.strip), Math.min(floor(row - sizes.gap - h), floor(sizes.two)));
  const pitch_x = w + sizes.gap;
  const pitch_y = Math.min(row, h + strip + 4 * sizes.gap);
  const left = floor((sizes.width - rail - columns * pitch_x - sizes.gap) / 2);
  const top = floor(Math.max(0, sizes.height - rows * pitch_y - sizes.gap) / 2);

  const places: TilePlace[] = [];
  const rails: Rail[] = [];
  let first_row = 0;
  blocks.forEach((count, block) => {
    for (let i = 0; i < count; i += 1) {
      const x = left + rail + sizes.gap + (i % columns) * pitch_x;
      const y = top + sizes.gap + (first_row + Math.floor(i / columns)) * pitch_y;
      const stage = { x, y, w, h };
      places.push({ cell: { x, y, w, h: h + strip }, stage, strip, video: fill(stage, aspects[places.length] ?? WIDE, sizes.scale) });
    }
    const of = Math.ceil(count / columns);
    const y = top + sizes.gap + first_row * pitch_y;
    if (in_rows) rails.push({ name: units[block]?.name ?? '', rect: { x: left + sizes.gap, y, w: rail - sizes.gap, h: (of - 1) * pitch_y + h + strip } });
    first_row += of;
  });
  const begins = new Map<number, string>();
  let at = 0;
  for (const unit of in_rows || units.length < 2 ? [] : units) {
    begins.set(at, unit.name);
    at += unit.count;
  }
  return { columns, places, rails, strip, second: strip >= floor(sizes.two), begins };
}

function fill(stage: Rect, aspect: number, scale: number): Rect {
  if (Math.abs(aspect / (stage.w / stage.h) - 1) < FILLS) return { ...stage };
  const snap = (v: number) => Math.round(v * scale) / scale;
  const w = snap(Math.min(stage.w, stage.h * aspect));
  const h = snap(Math.min(stage.h, stage.w / aspect));
  return { x: snap(stage.x + (stage.w - w) / 2), y: snap(stage.y + (stage.h - h) / 2), w, h };
}

/** The tile that an arrow leads to: in the same row, or the nearest of the next one; null at the edge. */
export function neighbourOf(places: readonly TilePlace[], from: number, dx: number, dy: number): number | null {
  const here = places[from]?.cell;
  if (!here) return null;
  if (dx !== 0) {
    const next = places[from + dx]?.cell;
    return next && next.y === here.y ? from + dx : null;
  }
  let row: number | null = null;
  let found: number | null = null;
  let nearest = Infinity;
  for (let step = from + dy; step >= 0 && step < places.length; step += dy) {
    const cell = places[step]?.cell;
    if (!cell || cell.y === here.y) continue;
    row ??= cell.y;
    if (cell.y !== row) break;
    const far = Math.abs(cell.x - here.x);
    if (far < nearest) [found, nearest] = [step, far];
  }
  return found;
}

/** What all codes begin with goes without saying: C001 to C240 are 001 to 240. The digits must still tell them apart. */
export function shortCodes(codes: readonly string[]): Map<string, string> {
  const parts = codes.map((code) => /^(\D*)(\d+)$/.exec(code));
  const prefix = parts[0]?.[1] ?? '';
  const same = codes.length > 1 && parts.every((part) => part !== null && part[1] === prefix);
  return new Map(codes.map((code, i) => [code, same ? (parts[i]?.[2] ?? code) : code]));
}

/** A unit's name without what every one of its kind is called: the rail is short. */
export function shortUnit(name: string): string {
  return name.replace(/^(xã|phường|thị trấn|thị xã|huyện|commune|ward)\s+/iu, '');
}

/** The key frame intervals of what is shown, in seconds, as a person wants to hear them: one, or from which to which. */
export function intervalsOf(seconds: readonly (number | null | undefined)[]): { from: number; to: number } | null {
  const known = seconds.filter((s): s is number => typeof s === 'number' && s > 0).sort((a, b) => a - b);
  const [from, to] = [known[0], known.at(-1)];
  if (from === undefined || to === undefined) return null;
  return { from: tidy(from), to: tidy(to) };
}

const tidy = (s: number) => (s < 9.5 ? Math.round(s * 2) / 2 || 0.5 : Math.round(s));
