import { describe, expect, it } from 'vitest';
import { bordersOf, lineOf, moveBorder, nudge, rangeOf, resetBorder, snap } from './borders';
import { placeCells } from './layout';
import { cellsOf, formCells, formFor, FORMS, gridCells, isShape, LEAST, neighbourOf, sameShape, shapeOf, UNITS, withCells, type WallCell, type WallShape } from './shape';

/** The same numbers every time. */
function dice(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * most);
  };
}

/** A shape whose borders somebody dragged about. */
function bent(form: (typeof FORMS)[number], seed: number): WallShape {
  const roll = dice(seed);
  let cells = formCells(form);
  for (let i = 0; i < 12; i += 1) {
    const borders = bordersOf(cells);
    const border = borders[roll(borders.length)];
    if (border) cells = moveBorder(cells, border, roll(UNITS));
  }
  return withCells(form, cells);
}

const shapes: WallShape[] = [
  ...FORMS.map((form) => shapeOf(form)),
  shapeOf('2'),
  shapeOf('3'),
  ...FORMS.flatMap((form, i) => [1, 2, 3].map((seed) => bent(form, seed * 97 + i))),
];

describe('shapes', () => {
  it('cover the wall once, dragged or not', () => {
    for (const shape of shapes) expect(isShape(shape), JSON.stringify(shape)).toBe(true);
    expect(shapes.some((shape) => shape.cells !== null)).toBe(true);
  });

  it('are refused with a hole, an overlap, or another number of tiles', () => {
    const [a, b] = formCells('2') as [WallCell, WallCell];
    expect(isShape({ form: '2', cells: [a, b] })).toBe(true);
    expect(isShape({ form: '2', cells: [{ ...a, w: a.w - 1 }, b] })).toBe(false);
    expect(isShape({ form: '2', cells: [{ ...a, w: a.w + 1 }, b] })).toBe(false);
    expect(isShape({ form: '2', cells: [a] })).toBe(false);
    expect(isShape({ form: '2', cells: [{ ...a, w: 2520.5 }, { ...b, x: 2520.5, w: 2519.5 }] })).toBe(false);
    expect(isShape({ form: '240' as '2', cells: null })).toBe(false);
  });

  it('hold what they are asked to', () => {
    for (const [cameras, form] of [[1, '1'], [2, '2'], [3, '3'], [4, '4'], [6, '1+5'], [7, '1+7'], [10, '2+8'], [12, '16'], [64, '64'], [240, '64']] as const) {
      expect(formFor(cameras)).toBe(form);
    }
  });

  it('stand on device pixels, apart by the gap and nothing else, at any scale', () => {
    for (const shape of shapes) {
      for (const [css_width, css_height] of [[810, 600], [1330, 958], [3100, 1900], [2491, 1377]] as const) {
        for (const scale of [1, 1.25, 1.5, 2]) {
          // The wall measures itself in whole device pixels.
          const [width, height] = [Math.floor(css_width * scale) / scale, Math.floor(css_height * scale) / scale];
          const sizes = { width, height, gap: 3, strip: 20, scale };
          const cells = cellsOf(shape);
          const places = placeCells(cells, sizes, [9 / 16, 4 / 3]);
          const gap_px = Math.round(3 * scale);
          const wrong: string[] = [];
          const say = (bad: boolean, what: string) => bad && wrong.push(`${what} in ${JSON.stringify(shape)} at ${width}x${height}, ${scale}`);
          const px = (v: number) => {
            say(Math.abs(v * scale - Math.round(v * scale)) > 1e-6, `${v} is between device pixels`);
            return Math.round(v * scale);
          };
          const at = places.map(({ cell }) => ({ left: px(cell.x), top: px(cell.y), right: px(cell.x + cell.w), bottom: px(cell.y + cell.h) }));
          at.forEach((a, i) => {
            say(a.left < gap_px || a.top < gap_px || a.right > px(width) - gap_px || a.bottom > px(height) - gap_px, `${i} outside`);
            for (let j = i + 1; j < at.length; j += 1) {
              const b = at[j];
              const [u, v] = [cells[i], cells[j]];
              if (!b || !u || !v) continue;
              say(a.right > b.left && b.right > a.left && a.bottom > b.top && b.bottom > a.top, `${i} and ${j} overlap`);
              say(u.x + u.w === v.x && b.left - a.right !== gap_px, `gap between ${i} and ${j}`);
              say(v.x + v.w === u.x && a.left - b.right !== gap_px, `gap between ${j} and ${i}`);
              say(u.y + u.h === v.y && b.top - a.bottom !== gap_px, `gap between ${i} and ${j} below`);
            }
          });
          places.forEach(({ stage, video }, i) => {
            const aspect = i === 0 ? 9 / 16 : i === 1 ? 4 / 3 : 16 / 9;
            [video.x, video.y, video.w, video.h].forEach(px);
            const inside = video.x >= stage.x - 1e-6 && video.y >= stage.y - 1e-6 && video.x + video.w <= stage.x + stage.w + 1e-6 && video.y + video.h <= stage.y + stage.h + 1e-6;
            say(!inside, `the picture of ${i} leaves its tile`);
            say(Math.abs(video.w - video.h * aspect) > 3 / scale, `the aspect of ${i}`);
          });
          expect(wrong).toEqual([]);
        }
      }
    }
  });

  it('are walked through by their geometry', () => {
    const lead = formCells('1+5');
    // 0 0 1
    // 0 0 2
    // 3 4 5
    expect([neighbourOf(lead, 0, 1, 0), neighbourOf(lead, 0, 0, 1), neighbourOf(lead, 0, -1, 0), neighbourOf(lead, 0, 0, -1)]).toEqual([1, 3, null, null]);
    expect([neighbourOf(lead, 2, -1, 0), neighbourOf(lead, 5, 0, -1), neighbourOf(lead, 4, 0, -1), neighbourOf(lead, 5, -1, 0)]).toEqual([0, 2, 0, 4]);
    expect(neighbourOf(gridCells(4, 4), 5, 0, 1)).toBe(9);
    // Every tile of every shape is reached from the first.
    for (const shape of shapes) {
      const cells = cellsOf(shape);
      const seen = new Set([0]);
      for (const tile of seen) {
        for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
          const next = neighbourOf(cells, tile, dx, dy);
          if (next !== null) seen.add(next);
        }
      }
      expect(seen.size, JSON.stringify(shape)).toBe(cells.length);
    }
  });
});

describe('borders', () => {
  it('are as short as they can move by themselves', () => {
    const four = bordersOf(formCells('4'));
    expect(four.map((b) => [b.axis, b.at, b.before, b.after])).toEqual([
      ['x', 2520, [0], [1]],
      ['x', 2520, [2], [3]],
      ['y', 2520, [0], [2]],
      ['y', 2520, [1], [3]],
    ]);
    const lead = bordersOf(formCells('1+5'));
    expect(lead.find((b) => b.axis === 'x' && b.before.includes(0))?.after).toEqual([1, 2]);
    expect(lead.find((b) => b.axis === 'y' && b.before.includes(0))?.after).toEqual([3, 4]);
  });

  it('move as a whole line where that is wished', () => {
    const cells = formCells('16');
    const [first] = bordersOf(cells);
    if (!first) throw new Error('no border');
    const line = lineOf(cells, first);
    expect([line.before, line.after, line.from, line.to]).toEqual([[0, 4, 8, 12], [1, 5, 9, 13], 0, UNITS]);
    expect(isShape({ form: '16', cells: moveBorder(cells, line, 2000) })).toBe(true);
  });

  it('stop before a tile becomes too small', () => {
    const cells = formCells('4');
    for (const border of bordersOf(cells)) {
      for (const to of [-UNITS, 0, UNITS, 3 * UNITS]) {
        for (const cell of moveBorder(cells, border, to)) expect(Math.min(cell.w, cell.h)).toBeGreaterThanOrEqual(LEAST);
      }
      expect(rangeOf(cells, border)).toEqual({ least: LEAST, most: UNITS - LEAST });
    }
  });

  it('snap to other borders and to where the form has them, and go back there', () => {
    const shape = shapeOf('4');
    const [top, bottom] = bordersOf(cellsOf(shape)).filter((b) => b.axis === 'x');
    if (!top || !bottom) throw new Error('no border');
    expect(snap(shape, top, 2560, 60)).toBe(2520);
    expect(snap(shape, top, 3000, 60)).toBe(3000);
    const moved = withCells('4', moveBorder(cellsOf(shape), bottom, 3000));
    expect(snap(moved, top, 2970, 60)).toBe(3000);
    expect(sameShape(moved, shape)).toBe(false);
    const now = bordersOf(cellsOf(moved)).find((b) => b.axis === 'x' && b.before.includes(2));
    if (!now) throw new Error('no border');
    expect(resetBorder(moved, now)).toEqual(shape);
  });

  it('move by the keyboard too', () => {
    const moved = nudge(shapeOf('4'), 0, 'x', 105);
    expect(cellsOf(moved)[0]?.w).toBe(2625);
    // The last tile has no right border: its left one moves.
    expect(cellsOf(nudge(shapeOf('4'), 3, 'x', 105))[3]).toEqual({ x: 2625, y: 2520, w: 2415, h: 2520 });
    expect(nudge(shapeOf('1'), 0, 'x', 105)).toEqual(shapeOf('1'));
  });
});
