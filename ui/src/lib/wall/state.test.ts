import { describe, expect, it } from 'vitest';
import { FakeBackend } from '../backend/fake';
import { RoomState } from '../room/room.svelte';
import { tileOf, placeOf, tilesOf } from './order';
import { WallState } from './wall.svelte';

async function opened(cameras: number) {
  const backend = new FakeBackend(cameras, new URLSearchParams('lost=0'));
  const room = new RoomState(backend);
  await room.fetchAll();
  const wall = new WallState(room);
  await wall.recall('main');
  const id = (n: number) => room.ordered[n - 1]?.id ?? '';
  /** Which cameras stand there, by number; 0: none. */
  const shown = () => wall.tiles.map((camera) => room.ordered.findIndex((each) => each.id === camera) + 1);
  return { backend, room, wall, id, shown };
}

describe('pages', () => {
  it('keep the order whatever the shape, with a hotspot too', () => {
    const order = Array.from({ length: 20 }, (_, i) => `c${i}`);
    for (const grid of [4, 6, 8, 9, 10, 16]) {
      for (const hotspot of [null, 0, 2, grid - 1]) {
        const seen: (string | null)[] = [];
        for (let page = 0; page * grid < 40; page += 1) {
          const tiles = tilesOf(order, { grid, page, hotspot }, 'followed');
          expect(tiles.length).toBe(grid);
          if (hotspot !== null) expect(tiles.splice(hotspot, 1)).toEqual(['followed']);
          seen.push(...tiles);
        }
        expect(seen.filter((camera) => camera !== null)).toEqual(order);
        for (let place = 0; place < 20; place += 1) {
          const { page, tile } = tileOf({ grid, hotspot }, place);
          expect(tile).not.toBe(hotspot);
          expect(placeOf({ grid, page, hotspot }, tile)).toBe(place);
        }
      }
    }
  });

  it('turn with every shape', async () => {
    const { wall, shown } = await opened(20);
    wall.setForm('1+5');
    expect([wall.pages, shown()]).toEqual([4, [1, 2, 3, 4, 5, 6]]);
    wall.turnPage(1);
    expect(shown()).toEqual([7, 8, 9, 10, 11, 12]);
    wall.turnPage(9);
    expect([wall.page, shown()]).toEqual([3, [19, 20, 0, 0, 0, 0]]);
    wall.focus = 1;
    wall.setForm('2+8');
    expect(wall.focused).toBe(wall.order[19]);
  });
});

describe('focus', () => {
  it('goes to the tile that lies there', async () => {
    const { wall } = await opened(16);
    wall.setForm('1+5');
    wall.moveFocus(1, 0);
    expect(wall.focus).toBe(1);
    wall.moveFocus(0, 1);
    expect(wall.focus).toBe(2);
    wall.moveFocus(-1, 0);
    expect(wall.focus).toBe(0);
    wall.moveFocus(0, 1);
    wall.moveFocus(0, 1);
    expect(wall.focus).toBe(3);
  });
});

describe('the hotspot', () => {
  it('follows the chosen camera and loses nobody', async () => {
    const { wall, id, shown } = await opened(9);
    wall.setForm('1+5');
    wall.setHotspot(0);
    expect(shown()).toEqual([1, 1, 2, 3, 4, 5]);
    wall.focus = 3;
    expect(shown()).toEqual([3, 1, 2, 3, 4, 5]);
    wall.find(id(9));
    expect([shown(), wall.page, wall.focus]).toEqual([[9, 1, 2, 3, 4, 5], 0, 0]);
    wall.put(0, id(7));
    expect(shown()[0]).toBe(7);
    expect(wall.order.length).toBe(9);
    wall.setHotspot(null);
    expect(shown()).toEqual([1, 2, 3, 4, 5, 6]);
    wall.setForm('1');
    wall.setHotspot(0);
    expect(wall.hotspot).toBeNull();
  });
});

describe('changes', () => {
  it('are taken back one by one', async () => {
    const { wall, id, shown } = await opened(4);
    wall.swap(0, 3);
    wall.empty(1);
    wall.put(2, id(2));
    wall.setForm('1+5');
    expect(shown()).toEqual([4, 0, 2, 1, 3, 0]);
    const after = [[4, 0, 2, 1], [4, 0, 3, 1], [4, 2, 3, 1], [1, 2, 3, 4]];
    for (const tiles of after) {
      expect(wall.undo()).toBe(true);
      expect(shown()).toEqual(tiles);
    }
    expect(wall.undo()).toBe(false);
  });

  it('of a border are one change, also when it went through many places', async () => {
    const { wall } = await opened(4);
    const before = wall.shape;
    for (const w of [2600, 2700, 2800]) wall.bend({ form: '4', cells: null }, w === 0);
    wall.nudge('x', 1);
    wall.nudge('x', 1);
    expect(wall.shape.cells?.[0]?.w).toBe(2730);
    wall.undo();
    wall.undo();
    expect(wall.shape).toEqual(before);
    expect(wall.undo()).toBe(false);
    wall.nudge('y', 1);
    wall.straighten();
    expect(wall.shape.cells).toBeNull();
  });

  it('leave what a tile showed before, eight at most', async () => {
    const { wall, id } = await opened(16);
    wall.setForm('4');
    for (let n = 5; n <= 15; n += 1) wall.put(0, id(n));
    expect(wall.history(0)).toEqual([14, 13, 12, 11, 10, 9, 8, 7].map(id));
    wall.putBack(0, 2);
    expect(wall.tiles[0]).toBe(id(12));
    expect(wall.history(0)[0]).toBe(id(15));
    expect(wall.history(1)).toEqual([]);
  });
});

describe('cameras that are brought up', () => {
  it('stand in a layout of their size, and leave the wall as it was', async () => {
    const { wall, id, shown } = await opened(16);
    wall.focus = 5;
    wall.bringUp([id(3), id(9), id(3)], 'Cảnh báo');
    expect([wall.shape.form, shown(), wall.brought?.title]).toEqual(['2', [3, 9], 'Cảnh báo']);
    wall.bringUp(Array.from({ length: 6 }, (_, i) => id(i + 8)));
    expect([wall.shape.form, shown()]).toEqual(['1+5', [8, 9, 10, 11, 12, 13]]);
    wall.enlarge(2);
    expect(wall.back()).toBe(true);
    expect([wall.large, wall.brought !== null]).toEqual([false, true]);
    expect(wall.back()).toBe(true);
    expect([shown(), wall.focus, wall.brought]).toEqual([Array.from({ length: 16 }, (_, i) => i + 1), 5, null]);
    expect(wall.back()).toBe(false);
    wall.bringUp(['nobody']);
    expect(wall.brought).toBeNull();
  });

  it('go when another camera is looked for', async () => {
    const { wall, id } = await opened(16);
    wall.bringUp([id(3)]);
    wall.find(id(12));
    expect([wall.brought, wall.grid, wall.focused]).toEqual([null, 16, id(12)]);
  });
});
