import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeBackend } from '../backend/fake';
import type { ReviewSet } from '../backend/backend';
import { Desk } from '../desk/desk.svelte';
import { RoomState } from '../room/room.svelte';
import { ReviewBoard } from './board.svelte';
import { Lanes } from './lanes.svelte';
import { addMonths, daysOf, monthOf } from './month';
import { Newest } from './newest';
import { around, MINUTE } from './span';

const wait = (ms: number) => new Promise((go) => setTimeout(go, ms));
afterEach(() => vi.useRealTimers());

describe('the newest wish', () => {
  it('is the only one that waits while a call is on its way', async () => {
    const sent: number[] = [];
    let answer = () => {};
    const wishes = new Newest<number>((n) => {
      sent.push(n);
      return new Promise((go) => (answer = go));
    });
    for (let n = 0; n < 50; n += 1) wishes.want(n);
    expect(sent).toEqual([0]);
    answer();
    await wait(0);
    expect(sent).toEqual([0, 49]);
    answer();
    await wait(0);
    expect(wishes.busy).toBe(false);
    wishes.want(99);
    expect(sent).toEqual([0, 49, 99]);
  });

  it('goes on after a failure, and keeps what an older one wanted', async () => {
    const sent: unknown[] = [];
    const wishes = new Newest<Record<string, number>>(async (wish) => {
      sent.push(wish);
      await wait(1);
      throw new Error('no');
    }, (older, newer) => ({ ...older, ...newer }));
    wishes.want({ a: 1 });
    wishes.want({ b: 2 });
    wishes.want({ a: 3 });
    await wait(20);
    expect(sent).toEqual([{ a: 1 }, { a: 3, b: 2 }]);
  });
});

describe('the board', () => {
  const ids = Array.from({ length: 20 }, (_, i) => `c${i}`);

  it('grows with its cameras: 1, 2, 4, 9, 16', () => {
    const board = new ReviewBoard();
    const grids = ids.slice(0, 17).map((id) => {
      board.find(id);
      return board.grid;
    });
    expect(grids).toEqual([1, 2, 4, 4, 9, 9, 9, 9, 9, 16, 16, 16, 16, 16, 16, 16, 16]);
    // The seventeenth stands where the focus was.
    expect(board.cameras).toHaveLength(16);
    expect(board.focused).toBe('c16');
  });

  it('shows no camera twice, and closes up when one goes', () => {
    const board = new ReviewBoard();
    board.show(['a', 'b', 'c', 'a']);
    expect(board.tiles).toEqual(['a', 'b', 'c', null]);
    board.find('b');
    expect(board.focus).toBe(1);
    board.drop('a');
    expect(board.tiles).toEqual(['b', 'c']);
    board.replace(0, 'c');
    expect(board.tiles).toEqual(['c', null]);
  });

  it('finds another tile for a camera that is pushed out', () => {
    const board = new ReviewBoard();
    board.show(['a', 'b']);
    board.put(0, 'c');
    expect(board.tiles).toEqual(['c', 'b', 'a', null]);
    expect(board.focused).toBe('c');
    board.put(0, 'b');
    expect(board.tiles).toEqual(['b', 'c', 'a', null]);
    board.put(3, 'd');
    expect(board.tiles).toEqual(['b', 'c', 'a', 'd']);
  });

  it('keeps a chosen grid, and the focused camera in sight', () => {
    const board = new ReviewBoard();
    board.show(ids.slice(0, 6));
    board.focus = 5;
    board.setGrid(4);
    expect(board.focused).toBe('c5');
    board.setGrid(9);
    expect(new Set(board.cameras)).toEqual(new Set(ids.slice(0, 6)));
  });

  it('goes around the tiles that have a camera', () => {
    const board = new ReviewBoard();
    board.show(['a', 'b', 'c']);
    const seen = [1, 1, 1, -1].map((by) => {
      board.nextFocus(by as 1 | -1);
      return board.focused;
    });
    expect(seen).toEqual(['b', 'c', 'a', 'c']);
  });
});

async function open() {
  const backend = new FakeBackend(8, new URLSearchParams('lost=0'));
  const room = new RoomState(backend);
  room.join();
  await wait(20);
  const desk = new Desk(room);
  desk.review.join();
  const cameras = room.ordered.map((camera) => camera.id);
  const show = (shown: readonly string[]) => {
    const tile = (camera: string, i: number) => ({ tile: i, camera, width_px: 160, height_px: 90, large: false, archive: true, glance: false, focused: false, view: null });
    return backend.call('wall.show', { window: 'main', tiles: shown.map(tile) });
  };
  const sets = () => backend.calls.filter((call) => call.name === 'review.set').map((call) => call.args as ReviewSet);
  return { backend, room, desk, review: desk.review, cameras, show, sets };
}

describe('review', () => {
  it('asks again until the wall is at the station, then goes where it was asked to', async () => {
    const { desk, review, cameras, show, sets } = await open();
    const at = Date.now() * 1000 - 5 * MINUTE;
    desk.openReview({ cameras: cameras.slice(0, 2), at, start: at - MINUTE, end: at + MINUTE });
    review.enter();
    review.wake();
    await wait(150);
    expect(review.state).toBeNull();
    await show(cameras.slice(0, 2));
    await wait(250);
    expect(review.at).toBe(at);
    expect(review.playing).toBe(false);
    expect(review.chosen).toEqual({ start: at - MINUTE, end: at + MINUTE });
    expect(sets().length).toBeGreaterThan(1);
    expect(review.tileOf(0, cameras[0])?.camera).toBe(cameras[0]);
    expect(review.tileOf(0, cameras[1])).toBeNull();
  });

  it('has one call in flight while a hand drags, and ends where it let go', async () => {
    const { review, cameras, show, sets } = await open();
    review.open({ cameras: cameras.slice(0, 4), at: Date.now() * 1000 - 10 * MINUTE });
    await show(cameras.slice(0, 4));
    review.enter();
    review.wake();
    await wait(80);
    const before = sets().length;
    const from = Date.now() * 1000 - 9 * MINUTE;
    for (let i = 0; i < 100; i += 1) review.scrub(from + i * 1e6, false);
    expect(review.at).toBe(from + 99e6);
    review.scrub(from + 123e6, true);
    await wait(250);
    const sent = sets().slice(before);
    expect(sent.length).toBeLessThan(5);
    expect(sent.at(-1)).toMatchObject({ at: from + 123e6, scrubbing: false });
    expect(review.at).toBe(from + 123e6);
    expect(review.aim).toBeNull();
  });

  it('puts the playhead back when the station let its tiles go and began anew', async () => {
    const { backend, review, cameras, show, sets } = await open();
    const at = Date.now() * 1000 - 30 * MINUTE;
    review.open({ cameras: cameras.slice(0, 1), at });
    await show(cameras.slice(0, 1));
    review.enter();
    review.wake();
    await wait(80);
    expect(review.at).toBe(at);
    const before = sets().length;
    const anew = { window: 'main', at: Date.now() * 1000 - 30e6, playing: false, speed: 1, waiting: false, newest: false, tiles: [] };
    backend.say('review.state', { ...anew, window: 'wall-2' });
    expect(sets().length).toBe(before);
    backend.say('review.state', anew);
    await wait(80);
    expect(sets().slice(before)).toMatchObject([{ at, playing: false }]);
    expect(review.at).toBe(at);
  });

  it('goes along a road and back', async () => {
    const { room, desk, review, cameras, show } = await open();
    const [a = '', b = ''] = cameras;
    desk.records.neighbours.set(a, { camera: a, next: [{ camera: b, seconds: 25, direction: '' }] });
    const at = Date.now() * 1000 - 10 * MINUTE;
    review.open({ cameras: [a], at });
    await show([a]);
    review.enter();
    review.wake();
    await wait(80);
    desk.followRoad(0);
    await wait(80);
    expect(review.board.focused).toBe(b);
    expect(review.at).toBe(at + 25e6);
    desk.followRoad(0);
    expect(desk.notice?.bad).toBe(true);
    desk.roadBack();
    await wait(80);
    expect([review.board.focused, review.at]).toEqual([a, at]);
    expect(room.link).toBe('joined');
  });

  it('sets the ends of the selection where the playhead is', () => {
    const review = new Desk(new RoomState(new FakeBackend(0))).review;
    review.setStart(100);
    expect(review.chosen).toBeNull();
    review.setEnd(300);
    expect(review.chosen).toEqual({ start: 100, end: 300 });
    review.setStart(500);
    expect(review.selection).toEqual({ start: 500, end: null });
    review.select(90, 20);
    expect(review.chosen).toEqual({ start: 20, end: 90 });
  });

  it('finds the nearest event of any kind', async () => {
    const { backend, review, cameras, show } = await open();
    const at = Date.now() * 1000 - 10 * MINUTE;
    review.open({ cameras: cameras.slice(0, 3), at });
    await show(cameras.slice(0, 3));
    review.enter();
    review.wake();
    await wait(80);
    expect(await review.jump(false)).toBe(true);
    await wait(60);
    expect(review.at).toBeLessThan(at);
    const kinds = backend.calls.filter((call) => call.name === 'review.jump').map((call) => (call.args as { to: string }).to);
    expect(kinds).toEqual(['bookmark', 'alarm', 'gap']);
  });
});

describe('the timeline', () => {
  it('fetches what is in sight once, and what is beside it', async () => {
    const { backend, cameras } = await open();
    const lanes = new Lanes(backend);
    const span = around(Date.now() * 1000 - 300 * MINUTE, 15 * MINUTE);
    const asked = () => backend.calls.filter((call) => call.name === 'review.timeline').length;
    lanes.want(cameras, span, 1024);
    await wait(300);
    const first = asked();
    expect(first).toBeGreaterThan(2);
    expect(first).toBeLessThan(7);
    const pieces = lanes.pieces(cameras[0] ?? '', span, 1024);
    expect(pieces.length).toBeGreaterThan(0);
    expect(Math.min(...pieces.map((piece) => piece.start))).toBeLessThanOrEqual(span.start);
    lanes.want(cameras, { ...span, start: span.start + 1e6 }, 1024);
    await wait(100);
    expect(asked()).toBe(first);
    // Another camera is asked for alone.
    lanes.want(cameras.slice(0, 2), span, 1024);
    await wait(50);
    expect(asked()).toBe(first);
    // A zoom shows what is known until the right pieces are there.
    expect(lanes.pieces(cameras[0] ?? '', { ...span, length: span.length / 4 }, 1024).length).toBeGreaterThan(0);
    lanes.stop();
  });
});

describe('a month', () => {
  it('is six weeks from Monday', () => {
    const days = daysOf({ year: 2026, month: 11 });
    expect(days).toHaveLength(42);
    expect(days[0]?.day).toBe(26);
    expect(days.filter((day) => day.inside)).toHaveLength(30);
    days.forEach((day, i) => expect(days[i + 1]?.start ?? day.end).toBe(day.end));
    expect(new Date((days[0]?.start ?? 0) / 1000).getDay()).toBe(1);
  });

  it('turns over the year', () => {
    expect(addMonths({ year: 2026, month: 1 }, -1)).toEqual({ year: 2025, month: 12 });
    expect(addMonths({ year: 2026, month: 12 }, 1)).toEqual({ year: 2027, month: 1 });
    expect(addMonths({ year: 2026, month: 5 }, -12)).toEqual({ year: 2025, month: 5 });
    expect(monthOf(new Date(2026, 10, 23).getTime() * 1000)).toEqual({ year: 2026, month: 11 });
  });
});
