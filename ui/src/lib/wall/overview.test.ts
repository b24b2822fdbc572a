import { describe, expect, it } from 'vitest';
import { intervalsOf, neighbourOf, planGlance, shortCodes, shortUnit, type GlanceSizes } from './overview';
import { factorOf, panned, wantsMore, wheelFactor, zoomed, type View } from './zoom';

const sizes = (width: number, height: number, scale = 1): GlanceSizes => ({ width, height, gap: 2, strip: 17, two: 26, rail: 17, scale });
const units = (...counts: number[]) => counts.map((count, i) => ({ name: `U${i}`, count }));

describe('the overview', () => {
  it('gives each of twelve units of twenty a row of its own at 1920x1080, named by a rail', () => {
    const plan = planGlance(units(...Array<number>(12).fill(20)), sizes(1920, 962));
    expect(plan.columns).toBe(20);
    expect(plan.rails.map((rail) => rail.name)).toEqual(units(...Array<number>(12).fill(20)).map((unit) => unit.name));
    expect(plan.places).toHaveLength(240);
    expect(plan.places[0]?.stage.w).toBe(93);
    expect(plan.places[20]?.cell.x).toBe(plan.places[0]?.cell.x);
  });

  it('costs hardly any picture for the rails, else it does without', () => {
    // One large unit and many tiny ones: rows of their own would make everything small.
    const plan = planGlance(units(200, ...Array<number>(30).fill(1)), sizes(1920, 962));
    expect(plan.rails).toEqual([]);
    expect([...plan.begins.keys()]).toEqual([0, ...Array.from({ length: 30 }, (_, i) => 200 + i)]);
  });

  it('holds every number of cameras in every window: apart, inside, on device pixels, 16:9, all alike', () => {
    for (const [w, h] of [[1280, 602], [1920, 962], [3840, 1950], [700, 1200]] as const) {
      for (const scale of [1, 1.25, 2]) {
        for (const parts of [units(17), units(240), units(1), units(5, 90, 31), units(...Array<number>(12).fill(20)), units(20, 20, 3, 77)]) {
          const s = sizes(w, h, scale);
          const plan = planGlance(parts, s);
          const count = parts.reduce((sum, part) => sum + part.count, 0);
          expect(plan.places).toHaveLength(count);
          const first = plan.places[0];
          // Counted, not asserted one by one: there are some 30,000 tiles.
          const wrong = plan.places.filter(({ cell, stage, video }, i) => {
            const left = plan.places[i - 1];
            const apart = !left || left.cell.y !== cell.y || cell.x - (left.cell.x + left.cell.w) >= 2 / Math.max(1, scale) - 1e-6;
            const inside = cell.x >= 0 && cell.x + cell.w <= w + 1e-6 && cell.y + cell.h <= h + 1e-6;
            const snapped = [video.x, video.y, video.w, video.h].every((v) => Math.abs(v * scale - Math.round(v * scale)) < 1e-6);
            const alike = stage.w === first?.stage.w && stage.h === first.stage.h && Math.abs(stage.w - (stage.h * 16) / 9) < 2 / scale;
            return !(apart && inside && snapped && alike);
          });
          expect(wrong, `${w}x${h} at ${scale}`).toEqual([]);
        }
      }
    }
  });

  it('makes pictures no other number of columns would make larger', () => {
    for (const count of [17, 60, 100, 163, 240]) {
      const s = sizes(1920, 962);
      const plan = planGlance(units(count), s);
      for (let columns = 1; columns <= count; columns += 1) {
        const rows = Math.ceil(count / columns);
        const width = Math.min((s.width - s.gap) / columns - s.gap, (((s.height - s.gap) / rows - s.gap - s.strip) * 16) / 9);
        expect(Math.floor(width), `${count} in ${columns}`).toBeLessThanOrEqual(plan.places[0]?.stage.w ?? 0);
      }
    }
  });

  it('shows nothing in no room', () => {
    expect(planGlance(units(240), sizes(0, 0)).places).toEqual([]);
    expect(planGlance([], sizes(800, 600)).places).toEqual([]);
  });

  it('leads the arrows to the tile that is seen there', () => {
    const { places, columns } = planGlance(units(20, 5, 20), sizes(1920, 230));
    expect(columns).toBe(20);
    expect(neighbourOf(places, 0, 1, 0)).toBe(1);
    expect(neighbourOf(places, 0, -1, 0)).toBeNull();
    expect(neighbourOf(places, 0, 0, -1)).toBeNull();
    expect(neighbourOf(places, 3, 0, 1)).toBe(23);
    // Below the last of a long row the short one ends earlier.
    expect(neighbourOf(places, 19, 0, 1)).toBe(24);
    expect(neighbourOf(places, 19, 1, 0)).toBeNull();
    expect(neighbourOf(places, 24, 0, 1)).toBe(29);
  });

  it('leaves out what all codes begin with', () => {
    expect(shortCodes(['C001', 'C240']).get('C240')).toBe('240');
    expect(shortCodes(['C001', 'N001']).get('N001')).toBe('N001');
    expect(shortCodes(['C001', 'cổng']).get('C001')).toBe('C001');
    expect(shortUnit('Phường Thống Nhất')).toBe('Thống Nhất');
    expect(shortUnit('Xã Ea Siên')).toBe('Ea Siên');
  });

  it('tells one interval or from which to which', () => {
    expect(intervalsOf([2, 2.01, null, 1.98])).toEqual({ from: 2, to: 2 });
    expect(intervalsOf([2, 10.2])).toEqual({ from: 2, to: 10 });
    expect(intervalsOf([null, undefined, 0])).toBeNull();
  });
});

describe('digital zoom', () => {
  it('keeps the point under the pointer where it is', () => {
    let view: View | null = null;
    for (const [by, px, py] of [[1.25, 0.3, 0.8], [1.6, 0.5, 0.5], [2, 0.62, 0.4]] as const) {
      const before: View = view ?? { x: 0, y: 0, w: 1, h: 1 };
      const at = { x: before.x + px * before.w, y: before.y + py * before.h };
      view = zoomed(view, by, px, py);
      expect((view?.x ?? 0) + px * (view?.w ?? 1)).toBeCloseTo(at.x, 4);
      expect((view?.y ?? 0) + py * (view?.h ?? 1)).toBeCloseTo(at.y, 4);
    }
    expect(factorOf(view)).toBeCloseTo(4, 2);
  });

  it('stays within the picture and between 1 and 16 times', () => {
    let seed = 7;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    let view: View | null = null;
    for (let i = 0; i < 2000; i += 1) {
      view = random() < 0.5 ? zoomed(view, 0.4 + random() * 2, random(), random()) : panned(view, random() * 4 - 2, random() * 4 - 2);
      if (!view) continue;
      expect(view.w).toBe(view.h);
      expect(factorOf(view)).toBeLessThanOrEqual(16);
      for (const v of [view.x, view.y]) expect(v).toBeGreaterThanOrEqual(0);
      for (const v of [view.x + view.w, view.y + view.h]) expect(v).toBeLessThanOrEqual(1);
    }
  });

  it('goes in and out again to the whole picture', () => {
    let view: View | null = null;
    for (let i = 0; i < 6; i += 1) view = zoomed(view, wheelFactor(-100, 0), 0.9, 0.1);
    expect(factorOf(view)).toBeCloseTo(1.25 ** 6, 2);
    for (let i = 0; i < 6; i += 1) view = zoomed(view, wheelFactor(100, 0), 0.2, 0.7);
    expect(view).toBeNull();
  });

  it('takes up the main stream when the small one has not the pixels', () => {
    expect(wantsMore(480, null, 640)).toBe(false);
    expect(wantsMore(480, { x: 0, y: 0, w: 0.8, h: 0.8 }, 640)).toBe(false);
    expect(wantsMore(480, { x: 0, y: 0, w: 0.7, h: 0.7 }, 640)).toBe(true);
    expect(wantsMore(480, { x: 0, y: 0, w: 0.1, h: 0.1 }, 0)).toBe(false);
  });
});
