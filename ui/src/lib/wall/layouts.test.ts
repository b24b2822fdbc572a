import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeBackend } from '../backend/fake';
import { RoomState } from '../room/room.svelte';
import { WallState } from './wall.svelte';

/** One window: its own room, the same station. */
async function window(backend: FakeBackend, name = 'main') {
  const room = new RoomState(backend);
  await room.fetchAll();
  const wall = new WallState(room);
  wall.layouts.join();
  await wall.recall(name);
  const id = (n: number) => room.ordered[n - 1]?.id ?? '';
  const shown = () => wall.tiles.map((camera) => room.ordered.findIndex((each) => each.id === camera) + 1);
  return { room, wall, id, shown };
}
const station = (cameras: number) => new FakeBackend(cameras, new URLSearchParams('lost=0&layouts'));
const all = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const settle = () => vi.advanceTimersByTimeAsync(1000);

describe('a saved layout', () => {
  it('is opened, changed, saved, and all cameras are there again', async () => {
    const { wall, shown } = await window(station(20));
    wall.step(1);
    wall.step(1);
    expect([wall.base?.name, shown(), wall.pages, wall.modified]).toEqual(['Chợ và trường học', [5, 6, 7, 8, 9, 10], 2, false]);
    wall.swap(0, 1);
    expect(wall.modified).toBe(true);
    await wall.save();
    expect([wall.modified, wall.base?.edits, wall.layouts.get(wall.layout)?.cameras[0]]).toEqual([false, 2, wall.order[0]]);
    wall.step(-1);
    wall.step(-1);
    expect([wall.base, shown()]).toEqual([null, all(16)]);
    wall.undo();
    expect(wall.base?.name).toBe('Trục QL14');
  });

  it('saved as another one is open, and undone changes are no changes', async () => {
    const { wall, id } = await window(station(20));
    wall.setForm('1+5');
    const saved = await wall.saveAs(' Ca đêm ', false);
    expect([saved.name, wall.layout === saved.id, wall.layouts.list.length]).toEqual(['Ca đêm', true, 5]);
    wall.put(0, id(9));
    wall.undo();
    expect(wall.modified).toBe(false);
  });

  it('is not lost to another window', async () => {
    const backend = station(20);
    const [a, b] = [await window(backend), await window(backend, 'wall-2')];
    const [layout] = a.wall.layouts.list;
    if (!layout) throw new Error('no layout');
    a.wall.open(layout);
    b.wall.open(b.wall.layouts.get(layout.id) ?? null);
    a.wall.swap(0, 1);
    await a.wall.save();
    // The other one did nothing of its own: it follows.
    expect([b.shown()[0], b.wall.base?.edits, b.wall.modified]).toEqual([2, 2, false]);
    b.wall.swap(2, 3);
    a.wall.swap(4, 5);
    await a.wall.save();
    expect(b.shown().slice(0, 6)).toEqual([2, 1, 4, 3, 5, 6]);
    await expect(b.wall.save()).rejects.toMatchObject({ problem: { key: 'problem_layout_conflict' } });
    expect(b.wall.modified).toBe(true);
    await b.wall.save(true);
    expect([b.wall.base?.edits, a.shown().slice(0, 6)]).toEqual([4, [2, 1, 4, 3, 5, 6]]);
  });

  it('says where a camera is gone', async () => {
    const backend = station(20);
    const { room, wall, id } = await window(backend);
    wall.open(wall.layouts.list[0] ?? null);
    const gone = id(3);
    room.cameras.delete(gone);
    wall.follow(room.ordered);
    expect([wall.tiles[2], wall.modified]).toEqual([gone, false]);
    wall.open(null);
    expect(wall.tiles[2]).toBeNull();
  });

  it('of somebody else alone is not listed', async () => {
    const backend = station(20);
    const { wall } = await window(backend);
    const own = wall.layouts.list.find((each) => !each.shared);
    if (!own) throw new Error('no layout');
    backend.say('layout.changed', { ...own, id: 'x', owner: 'Khác' });
    expect(wall.layouts.list.length).toBe(4);
    await wall.layouts.move(own.id, -1);
    expect(wall.layouts.list.map((each) => each.name)[2]).toBe('Theo dõi');
  });
});

describe('a tour', () => {
  it('shows page after page, pauses for any hand, and goes on', async () => {
    const { wall, shown, id } = await window(station(20));
    const { tour } = wall;
    expect(tour.start(wall.layouts.tours[0] ?? null)).toBe(true);
    expect([wall.base?.name, tour.left_s]).toEqual(['Trục QL14', 10]);
    for (let i = 0; i < 10; i += 1) tour.tick();
    expect([wall.base?.name, wall.page, tour.left_s, shown()]).toEqual(['Chợ và trường học', 0, 20, [5, 6, 7, 8, 9, 10]]);
    for (let i = 0; i < 20; i += 1) tour.tick();
    expect([wall.base?.name, wall.page]).toEqual(['Chợ và trường học', 1]);
    for (const act of [() => (wall.focus = 1), () => wall.enlarge(0), () => wall.put(0, id(1)), () => wall.turnPage(-1), () => wall.bringUp([id(2)])]) {
      expect(tour.running).toBe(true);
      act();
      expect([tour.on !== null, tour.paused]).toEqual([true, true]);
      tour.tick();
      wall.back(true);
      tour.toggle();
    }
    // What was put by hand while it stood still is not the layout's.
    expect(shown()).toEqual([11, 12, 13, 14, 15, 0]);
    tour.end();
    expect([wall.base, shown(), tour.on]).toEqual([null, all(16), null]);
  });

  it('of the pages of what is shown needs no saved one', async () => {
    const { wall, shown } = await window(station(20));
    wall.setForm('9');
    expect(wall.tour.toggle()).toBe(true);
    for (let i = 0; i < 20; i += 1) wall.tour.tick();
    expect(shown()[0]).toBe(10);
    for (let i = 0; i < 40; i += 1) wall.tour.tick();
    expect(shown()[0]).toBe(1);
    wall.tour.end();
    wall.setForm('25');
    expect([wall.tour.toggle(), wall.tour.on]).toEqual([false, null]);
  });

  it('passes over what was deleted, and ends when nothing is left', async () => {
    const { wall } = await window(station(20));
    wall.tour.start(wall.layouts.tours[0] ?? null);
    const [first, second, third] = wall.layouts.list;
    if (!first || !second || !third) throw new Error('no layout');
    await wall.layouts.delete(second);
    for (let i = 0; i < 10; i += 1) wall.tour.tick();
    expect(wall.base?.name).toBe('Cửa ngõ phía bắc');
    await wall.layouts.delete(first);
    await wall.layouts.delete(third);
    for (let i = 0; i < 40; i += 1) wall.tour.tick();
    expect([wall.tour.on, wall.base]).toEqual([null, null]);
  });

  it('ends where a person opens something else', async () => {
    const { wall } = await window(station(20));
    wall.tour.start(wall.layouts.tours[0] ?? null);
    wall.open(wall.layouts.list[3] ?? null);
    expect([wall.tour.on, wall.base?.name]).toEqual([null, 'Theo dõi']);
    expect(wall.followed).not.toBeUndefined();
  });
});

describe('after a crash', () => {
  /** What another life of this window shows. */
  async function again(backend: FakeBackend) {
    await settle();
    return window(backend);
  }

  it('shape, page, focus, enlarged, layout and hotspot are as they were', async () => {
    const backend = station(40);
    const { wall } = await window(backend);
    wall.setForm('1+5');
    wall.nudge('x', 1);
    wall.turnPage(2);
    wall.setHotspot(0);
    wall.enlarge(3);
    const before = wall.picture();
    const next = await again(backend);
    expect(next.wall.picture()).toEqual(before);
    next.wall.open(next.wall.layouts.list[1] ?? null);
    next.wall.turnPage(1);
    next.wall.empty(1);
    const open = next.wall.picture();
    const last = await again(backend);
    expect([last.wall.picture(), last.wall.modified, last.wall.base?.name]).toEqual([open, true, 'Chợ và trường học']);
    last.wall.open(null);
    expect(last.wall.picture()).toMatchObject({ shape: before.shape, order: before.order });
  });

  it('a tour goes on, or stands still as it did', async () => {
    const backend = station(20);
    const { wall } = await window(backend);
    wall.tour.start(wall.layouts.tours[0] ?? null);
    for (let i = 0; i < 10; i += 1) wall.tour.tick();
    const next = await again(backend);
    expect([next.wall.tour.running, next.wall.tour.stop, next.wall.base?.name]).toEqual([true, 1, 'Chợ và trường học']);
    next.wall.focus = 2;
    const last = await again(backend);
    expect([last.wall.tour.paused, last.wall.focus, last.wall.base?.name]).toEqual([true, 2, 'Chợ và trường học']);
    last.wall.tour.end();
    expect(last.shown()).toEqual(all(16));
  });

  it('cameras that were brought up are still there, and so is the way back', async () => {
    const backend = station(20);
    const { wall, id } = await window(backend);
    wall.bringUp([id(18), id(19)], 'Mất tín hiệu');
    const next = await again(backend);
    expect([next.shown(), next.wall.brought?.title, next.wall.shape.form]).toEqual([[18, 19], 'Mất tín hiệu', '2']);
    next.wall.back();
    expect(next.shown()).toEqual(all(16));
    expect(next.wall.order.length).toBe(20);
  });

  it('nobody is taken off by an open layout', async () => {
    const backend = station(20);
    const { wall, id } = await window(backend);
    wall.empty(4);
    wall.open(wall.layouts.list[1] ?? null);
    const next = await again(backend);
    next.wall.open(null);
    expect(new Set(next.wall.order.filter((camera) => camera !== null)).size).toBe(19);
    expect(next.wall.order).not.toContain(id(5));
  });
});

describe('the start of the shift', () => {
  it('is what the window showed first, and can be set anew', async () => {
    const backend = station(20);
    const { wall } = await window(backend);
    wall.setForm('9');
    await settle();
    const first = await window(backend);
    first.wall.setForm('1');
    first.wall.swap(0, 0);
    await settle();
    const { wall: next, shown } = await window(backend);
    expect(shown()).toEqual([1]);
    expect(next.toStart()).toBe(true);
    expect(shown()).toEqual(all(9));
    next.open(next.layouts.list[0] ?? null);
    next.setStart();
    next.open(null);
    next.toStart();
    expect(next.base?.name).toBe('Trục QL14');
    next.takeOver('Trực ban 03');
    expect(next.start?.who).toBe('Trực ban 03');
  });
});
