import { describe, expect, it, vi } from 'vitest';
import type { Surface, TilePainted, TileRect } from '../backend/backend';
import { NativePresenter } from './native';
import { readBatch } from './batch';
import { GRIDS, layoutTiles, spareHeight } from './layout';
import { empty, pageCount, pageTiles, put, reconcile, swap } from './order';

describe('layout', () => {
  const sizes = (width: number, height: number, scale: number) => ({ width, height, gap: 3, strip: 24, scale });

  it('keeps tiles apart, inside, on device pixels, and pictures in their aspect', () => {
    for (const grid of GRIDS) {
      for (const [w, h] of [[810, 600], [1330, 958], [3100, 1900], [1000, 400]] as const) {
        for (const scale of [1, 1.25, 1.5, 2]) {
          const places = layoutTiles(grid, sizes(w, h, scale), [4 / 3]);
          expect(places).toHaveLength(grid);
          places.forEach(({ cell, stage, video }, i) => {
            for (const v of [video.x, video.y, video.w, video.h]) expect(Math.abs(v * scale - Math.round(v * scale))).toBeLessThan(1e-6);
            expect(video.x).toBeGreaterThanOrEqual(stage.x);
            expect(video.y + video.h).toBeLessThanOrEqual(stage.y + stage.h + 1 / scale);
            expect(cell.x + cell.w).toBeLessThanOrEqual(w);
            expect(cell.y + cell.h).toBeLessThanOrEqual(h);
            const aspect = i === 0 ? 4 / 3 : 16 / 9;
            expect(Math.abs(video.w - video.h * aspect)).toBeLessThan(3 / scale);
            const left = places[i - 1];
            if (left && left.cell.y === cell.y) expect(cell.x - (left.cell.x + left.cell.w)).toBeGreaterThanOrEqual(2);
          });
        }
      }
    }
  });

  it('knows how much height is spare', () => {
    expect(spareHeight(327, 236, 24)).toBeGreaterThan(20);
    expect(spareHeight(470, 236, 24)).toBe(0);
  });
});

describe('order', () => {
  it('cuts pages without moving anything', () => {
    expect(pageTiles(['a', 'b', 'c', 'd', 'e'], 4, 1)).toEqual(['e', null, null, null]);
    expect(pageCount(['a', 'b', 'c', 'd', 'e'], 4)).toBe(2);
    expect(pageCount([], 4)).toBe(1);
  });

  it('changes places when a camera is put where another is', () => {
    expect(put(['a', 'b', 'c'], 0, 'c')).toEqual(['c', 'b', 'a']);
    expect(put(['a', 'b'], 3, 'c')).toEqual(['a', 'b', null, 'c']);
    expect(put(['a', 'b'], 0, 'x')).toEqual(['x', 'b', 'a']);
  });

  it('never shows a camera twice and never loses one', () => {
    let order: readonly (string | null)[] = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (let i = 0; i < 200; i += 1) {
      order = i % 3 === 0 ? swap(order, i % 7, (i * 5) % 8) : put(order, (i * 3) % 9, 'abcdef'[i % 6] ?? 'a');
      expect(order.filter((c) => c !== null).sort().join('')).toBe('abcdef');
    }
  });

  it('follows the room', () => {
    expect(reconcile(['a', 'b', null, 'c'], new Set(['a', 'c', 'd']), ['d'])).toEqual(['a', null, null, 'c', 'd']);
    expect(empty(['a', 'b'], 1)).toEqual(['a']);
  });
});

describe('batches', () => {
  function batch(tiles: [number, number, number][]): ArrayBuffer {
    const data = new ArrayBuffer(8 + tiles.reduce((sum, [, w, h]) => sum + 24 + w * h * 4, 0));
    const view = new DataView(data);
    view.setUint32(0, 7, true);
    view.setUint32(4, tiles.length, true);
    let at = 8;
    for (const [tile, w, h] of tiles) {
      [tile, w, h, 40].forEach((v, i) => view.setUint32(at + 4 * i, v, true));
      view.setBigUint64(at + 16, 9n, true);
      new Uint8Array(data, at + 24, w * h * 4).fill(tile);
      at += 24 + w * h * 4;
    }
    return data;
  }

  it('are read as written', () => {
    const read = readBatch(batch([[3, 4, 2], [5, 1, 1]]));
    expect(read?.batch).toBe(7);
    expect(read?.tiles.map((t) => [t.tile, t.width_px, t.height_px, t.age_ms, t.assignment, t.pixels.length])).toEqual([
      [3, 4, 2, 40, 9, 32],
      [5, 1, 1, 40, 9, 4],
    ]);
    expect(read?.tiles[1]?.pixels[0]).toBe(5);
  });

  it('are refused when cut off anywhere', () => {
    const whole = batch([[3, 4, 2], [5, 1, 1]]);
    for (let n = 0; n < whole.byteLength; n += 1) {
      const cut = readBatch(whole.slice(0, n));
      expect(cut === null).toBe(true);
    }
  });
});

describe('the native presenter', () => {
  it('remembers what the window program told of tiles that did not change', () => {
    vi.stubGlobal('window', { devicePixelRatio: 1 });
    let tell: (tiles: TilePainted[]) => void = () => {};
    const surface: Surface = { set: () => {}, occlude: () => {}, onTiles: (fn) => ((tell = fn), () => {}), onOldest: () => () => {} };
    const presenter = new NativePresenter(surface);
    const painted = (tile: number, camera: string, is = true): TilePainted => ({ tile, camera, painted: is, age_ms: null, fps: 15 });
    const rect = (tile: number, camera: string): TileRect => ({ tile, camera, x: 0, y: 0, w: 16, h: 9, large: false, archive: false, shown: true });
    let told: TilePainted[] = [];
    presenter.tileStates((tiles) => (told = tiles));
    presenter.setTiles([rect(0, 'a'), rect(1, 'b')]);
    tell([painted(0, 'a'), painted(1, 'b')]);
    tell([painted(1, 'b', false)]);
    expect(told.map((tile) => tile.painted)).toEqual([true, false]);
    presenter.setTiles([rect(0, 'c'), rect(1, 'b')]);
    tell([]);
    expect(told.map((tile) => tile.camera)).toEqual(['b']);
    vi.unstubAllGlobals();
  });
});
