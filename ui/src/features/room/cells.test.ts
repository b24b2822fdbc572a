import { describe, expect, it } from 'vitest';
import { FakeBackend } from '../../lib/backend/fake';
import { cellAt, cellOf, leastWidth, planCells, type Cell } from './cells';

const cells = (count: number, per_unit = 20): Cell[] =>
  Array.from({ length: count }, (_, i) => ({ camera: `c${i}`, unit: `u${Math.floor(i / per_unit)}`, state: 'live' }));

describe('cells', () => {
  it('are one a camera, and all fit', () => {
    for (const [count, width] of [[1, 300], [16, 300], [240, 300], [240, 520], [500, 700]] as const) {
      const plan = planCells(cells(count), width);
      expect(plan.placed.length).toBe(count);
      expect(plan.width, `${count} in ${width}`).toBeLessThanOrEqual(width);
      expect(new Set(plan.placed.map((p) => `${p.x} ${p.row}`)).size).toBe(count);
      expect(plan.pitch).toBeGreaterThanOrEqual(2);
    }
    expect(planCells([], 300).placed).toEqual([]);
    for (const count of [1, 16, 240]) {
      const least = leastWidth(cells(count));
      const plan = planCells(cells(count), least);
      expect([plan.pitch >= 2, plan.width <= least]).toEqual([true, true]);
    }
    expect(leastWidth(cells(900))).toBe(320);
    expect(planCells(cells(900), 620).width).toBeLessThanOrEqual(620);
  });

  it('keep a unit together: a gap between units, never a column of two', () => {
    const plan = planCells(cells(240, 15), 520);
    const units = new Map<number, Set<string | null>>();
    for (const p of plan.placed) units.set(p.x, (units.get(p.x) ?? new Set()).add(p.cell.unit));
    expect([...units.values()].every((set) => set.size === 1)).toBe(true);
  });

  it('are found where they stand', () => {
    for (const count of [7, 240]) {
      const plan = planCells(cells(count), 400);
      for (const p of plan.placed) {
        const y = ((p.row + 0.5) / plan.rows) * 20;
        expect(cellAt(plan, p.x + plan.pitch / 2, y, 20)?.cell.camera).toBe(p.cell.camera);
      }
    }
    expect(cellAt(planCells([], 400), 3, 3, 20)).toBeNull();
  });

  it('say what the camera is like', async () => {
    const cameras = await new FakeBackend(16).call('camera.list', null);
    const states = cameras.map((camera) => cellOf(camera).state);
    expect([states[0], states[3], states[6], states[9], states[11], states[14]]).toEqual(['live', 'unrecorded', 'dark', 'dark', 'live', 'connecting']);
  });
});
