// Draws the lanes on a canvas: ruler, bars of activity, what is recorded, gaps, bookmarks, holds. Draws what it is given
// and knows nothing of where it comes from.

import type { Bookmark, CameraId, Hold, UtcMicros } from '../../lib/backend/backend';
import type { Piece } from '../../lib/review/lanes.svelte';
import { DAY, MINUTE, ruler, toX, type Span } from '../../lib/review/span';
import { clockText, dateText } from '../../lib/time/time';
import { withoutFootage } from './gap';

export interface Sizes {
  width: number;
  height: number;
  /** Device pixels per CSS pixel. */
  scale: number;
  /** Height of the ruler with its dates. */
  ruler: number;
  lane: number;
  rem: number;
}

export interface Picture {
  span: Span;
  now: UtcMicros;
  lanes: { camera: CameraId; pieces: Piece[] }[];
  bookmarks: Bookmark[];
  holds: Hold[];
}

export interface Colours {
  ground: string;
  lane: string;
  line: string;
  tick: string;
  text: string;
  text_dim: string;
  bar: string;
  covered: string;
  covered_sub: string;
  gap: string;
  gap_line: string;
  hold: string;
  future: string;
  accent: string;
}

/** The page's tokens, so that another theme is another set of these. */
export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    ground: of('--panel'), lane: of('--lane'), line: of('--line'), tick: of('--line-strong'), text: of('--text-2'), text_dim: of('--text-3'),
    bar: of('--lane-bar'), covered: of('--lane-covered'), covered_sub: of('--lane-covered-sub'), gap: of('--lane-gap'),
    gap_line: of('--lane-gap-line'), hold: of('--lane-hold'), future: of('--ground'), accent: of('--accent'),
  };
}

/** The colours that a bookmark can have. */
export function markColour(name: string, fallback: string, style: CSSStyleDeclaration): string {
  return (name && style.getPropertyValue(`--mark-${name}`).trim()) || fallback;
}

export function paint(g: CanvasRenderingContext2D, sizes: Sizes, picture: Picture, colours: Colours, style: CSSStyleDeclaration): void {
  const { width, height, scale } = sizes;
  g.setTransform(scale, 0, 0, scale, 0, 0);
  g.fillStyle = colours.ground;
  g.fillRect(0, 0, width, height);
  const x = (at: UtcMicros) => toX(picture.span, width, at);
  const snap = (v: number) => Math.round(v * scale) / scale;
  picture.lanes.forEach(({ camera, pieces }, i) => {
    const top = snap(sizes.ruler + i * sizes.lane);
    const bottom = snap(sizes.ruler + (i + 1) * sizes.lane);
    drawLane(g, pieces, top, bottom, { sizes, picture, colours, x, snap });
    drawMarks(g, camera, top, bottom, { sizes, picture, colours, x, snap }, style);
    g.fillStyle = colours.line;
    g.fillRect(0, bottom - 1 / scale, width, 1 / scale);
  });
  drawRuler(g, { sizes, picture, colours, x, snap });
  const end = x(picture.now);
  if (end < width) {
    // Beyond now there is nothing, and nothing is missing.
    g.fillStyle = colours.future;
    g.globalAlpha = 0.72;
    g.fillRect(Math.max(0, end), sizes.ruler, width - Math.max(0, end), height - sizes.ruler);
    g.globalAlpha = 1;
    g.fillStyle = colours.text_dim;
    g.fillRect(snap(end), sizes.ruler, 1 / scale, height - sizes.ruler);
  }
}

interface With {
  sizes: Sizes;
  picture: Picture;
  colours: Colours;
  x: (at: UtcMicros) => number;
  snap: (v: number) => number;
}

function drawRuler(g: CanvasRenderingContext2D, { sizes, picture, colours, x, snap }: With): void {
  const { width, rem, scale } = sizes;
  const { step, ticks } = ruler(picture.span, width, (picture.span.length < 20 * MINUTE ? 5.2 : 4.2) * rem);
  g.textBaseline = 'middle';
  g.textAlign = 'center';
  // Below it, beside the selection's length, is the band of the selection.
  const foot = Math.round(sizes.ruler * 0.5);
  const middle = foot * 0.46;
  for (const tick of ticks) {
    const at = snap(x(tick.at));
    g.fillStyle = colours.tick;
    g.fillRect(at, foot - 0.3 * rem, 1 / scale, 0.3 * rem);
    if (at < 1.4 * rem || at > width - 1.4 * rem) continue;
    const text = tick.day ? dateText(tick.at).slice(0, 5) : clockText(tick.at).slice(0, step < MINUTE ? 8 : 5);
    g.fillStyle = tick.day ? colours.text : colours.text_dim;
    g.font = `${tick.day ? 600 : 400} ${0.78 * rem}px 'Be Vietnam Pro', sans-serif`;
    g.fillText(text, at, middle);
    if (tick.day && step < DAY) {
      g.fillStyle = colours.tick;
      g.fillRect(at, sizes.ruler, 1 / scale, sizes.height - sizes.ruler);
    }
  }
  g.fillStyle = colours.line;
  g.fillRect(0, foot, width, 1 / scale);
  g.fillRect(0, sizes.ruler - 1 / scale, width, 1 / scale);
}

function drawLane(g: CanvasRenderingContext2D, pieces: Piece[], top: number, bottom: number, all: With): void {
  const { sizes, picture, colours, x, snap } = all;
  const { width } = sizes;
  const height = bottom - top;
  const base = Math.max(2, Math.round(height * 0.05));
  // Where nothing was ever recorded the lane is as dark as the room; what is recorded stands out from it.
  g.fillStyle = colours.future;
  g.fillRect(0, top, width, height);
  for (const piece of pieces) {
    const { start, bucket, lane } = piece;
    const from = Math.max(0, x(start));
    const to = Math.min(width, x(start + bucket * lane.activity.length));
    // What is recorded: a thin line at the foot of the lane, brighter where the main stream is there too.
    for (const span of lane.spans) {
      const a = Math.max(from, x(span.start));
      const b = Math.min(Math.max(to, from), x(span.end));
      if (b <= a) continue;
      const w = Math.max(1 / sizes.scale, snap(b) - snap(a));
      g.fillStyle = colours.lane;
      g.fillRect(snap(a), top, w, height);
      g.fillStyle = span.main ? colours.covered : colours.covered_sub;
      g.fillRect(snap(a), bottom - base, w, base);
    }
    g.fillStyle = colours.bar;
    const tall = height * 0.62;
    const count = lane.activity.length;
    const first = Math.max(0, Math.floor((picture.span.start - start) / bucket));
    const last = Math.min(count, Math.ceil((picture.span.start + picture.span.length - start) / bucket));
    for (let i = first; i < last; i += 1) {
      const value = lane.activity[i] ?? 255;
      if (value === 255) continue;
      const a = snap(x(start + i * bucket));
      const b = snap(x(start + (i + 1) * bucket));
      const h = base + (Math.sqrt(value / 254)) * tall;
      g.fillRect(a, snap(bottom - h), Math.max(1 / sizes.scale, b - a - 1), h);
    }
  }
  for (const piece of pieces) drawGaps(g, piece, top, bottom, all);
}

function drawGaps(g: CanvasRenderingContext2D, { start, bucket, lane }: Piece, top: number, bottom: number, all: With): void {
  const { sizes, picture, colours, x, snap } = all;
  const from = Math.max(0, x(start));
  const to = Math.min(sizes.width, x(start + bucket * Math.max(1, lane.activity.length)), x(picture.now));
  for (const gap of lane.gaps) {
    if (gap.which !== null) continue;
    const bare = withoutFootage(gap, lane.spans, picture.now);
    const a = snap(Math.max(from, x(bare.start)));
    const b = snap(Math.min(to, x(bare.end)));
    if (b < a) continue;
    hatch(g, a, top, Math.max(2 / sizes.scale, b - a), bottom - top - 1 / sizes.scale, colours.gap, colours.gap_line);
  }
}

/** Slanting lines that stand still while the timeline moves are no lines of the gap: they are counted from the canvas. */
function hatch(g: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, ground: string, line: string): void {
  // Too narrow for a pattern: plain, and strong enough to be seen.
  g.fillStyle = w < 4 ? line : ground;
  g.fillRect(x, y, w, h);
  if (w < 4) return;
  g.save();
  g.beginPath();
  g.rect(x, y, w, h);
  g.clip();
  g.strokeStyle = line;
  g.lineWidth = 2.5;
  g.beginPath();
  const apart = 8;
  for (let at = Math.floor((x - h) / apart) * apart; at < x + w; at += apart) {
    g.moveTo(at, y);
    g.lineTo(at + h, y + h);
  }
  g.stroke();
  g.restore();
}

function drawMarks(g: CanvasRenderingContext2D, camera: CameraId, top: number, bottom: number, all: With, style: CSSStyleDeclaration): void {
  const { sizes, picture, colours, x, snap } = all;
  for (const hold of picture.holds) {
    if (!hold.active || !hold.cameras.includes(camera)) continue;
    const a = Math.max(0, x(hold.start));
    const b = Math.min(sizes.width, x(hold.end));
    if (b <= a) continue;
    g.fillStyle = colours.hold;
    g.fillRect(snap(a), top + 1, Math.max(2, snap(b) - snap(a)), 2);
    if (b - a > 1.2 * sizes.rem && bottom - top > 1.9 * sizes.rem) lock(g, b - 0.75 * sizes.rem, top + 0.75 * sizes.rem, 0.5 * sizes.rem, colours.hold);
  }
  for (const mark of picture.bookmarks) {
    if (!mark.cameras.includes(camera)) continue;
    const a = Math.max(-2, x(mark.start));
    const b = Math.min(sizes.width + 2, x(mark.end));
    const at = x(mark.at);
    if (b < 0 || a > sizes.width) continue;
    const colour = markColour(mark.colour, colours.accent, style);
    g.fillStyle = colour;
    g.globalAlpha = 0.16;
    g.fillRect(snap(a), top, Math.max(1, snap(b) - snap(a)), bottom - top - 1);
    g.globalAlpha = 1;
    ribbon(g, at, top + 0.28 * sizes.rem, 0.62 * sizes.rem, colour);
  }
}

/** The bookmark's sign, as in the lists. */
function ribbon(g: CanvasRenderingContext2D, x: number, y: number, w: number, colour: string): void {
  const h = w * 1.2;
  g.strokeStyle = colour;
  g.lineWidth = 1.5;
  g.lineJoin = 'round';
  g.beginPath();
  g.moveTo(x - w / 2, y);
  g.lineTo(x + w / 2, y);
  g.lineTo(x + w / 2, y + h);
  g.lineTo(x, y + h * 0.68);
  g.lineTo(x - w / 2, y + h);
  g.closePath();
  g.stroke();
}

function lock(g: CanvasRenderingContext2D, x: number, y: number, w: number, colour: string): void {
  g.strokeStyle = colour;
  g.fillStyle = colour;
  g.lineWidth = 1.3;
  g.fillRect(x - w / 2, y, w, w * 0.75);
  g.beginPath();
  g.arc(x, y, w * 0.3, Math.PI, 0);
  g.stroke();
}
