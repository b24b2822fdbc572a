import { describe, expect, it } from 'vitest';
import type { Camera, CameraEvent, FeedItem } from '../backend/backend';
import { Failure } from '../backend/backend';
import { FakeBackend, session } from '../backend/fake';
import { Desk } from '../desk/desk.svelte';
import { cameraView } from './cameras';
import { beginning, feedLines } from './feed';
import { WallState } from '../wall/wall.svelte';
import { RoomState } from './room.svelte';

async function opened(cameras: number): Promise<{ backend: FakeBackend; room: RoomState; desk: Desk }> {
  const backend = new FakeBackend(cameras, new URLSearchParams('lost=0'));
  const room = new RoomState(backend);
  room.join();
  await new Promise((go) => setTimeout(go, 20));
  const desk = new Desk(room);
  await desk.wall.recall('main');
  return { backend, room, desk };
}

const down = new Failure({ code: 'Unavailable', key: 'problem_station_unavailable', params: {}, field: null, detail: '' });

describe('a camera', () => {
  const camera = (sessions: Camera['sessions']): Camera => ({
    id: '1', code: 'C001', name: '', unit: null, place: '', main_url: '', sub_url: 'x', username: '', has_password: false,
    transport: null, sessions, record: { streams: 'both', schedule: [], keep_days: null }, recordings: [],
  });

  it('is live when any stream is', () => {
    const view = cameraView(camera([session('1', 'sub', 'retrying', 'closed'), session('1', 'main', 'live', null)]));
    expect(view.phase).toBe('live');
  });

  it('stays lost while it is tried again', () => {
    expect(cameraView(camera([session('1', 'sub', 'connecting', 'refused')])).phase).toBe('lost');
    expect(cameraView(camera([session('1', 'sub', 'connecting', null)])).phase).toBe('connecting');
    expect(cameraView(camera([])).phase).toBe('connecting');
  });
});

describe('the feed', () => {
  const lost = (id: string, at: number, back: number | null = null): FeedItem => {
    const item: CameraEvent = { id, camera: id, lost: at, back, reason: 'closed' };
    return { kind: 'camera', item };
  };

  it('says many cameras lost together once', () => {
    const s = 1_000_000;
    const lines = feedLines([lost('a', 100 * s), lost('b', 99 * s), lost('c', 95 * s), lost('d', 40 * s)]);
    expect(lines.map((line) => line.kind === 'cameras' && line.events.length)).toEqual([3, 1]);
  });

  it('shows the beginning of a long text, between words, and short ones whole', () => {
    expect(beginning('Xe máy đi ngược chiều')).toBeNull();
    const text = 'đi ngược chiều '.repeat(700);
    const begun = beginning(text) ?? '';
    expect(begun.length).toBeLessThan(300);
    expect(begun).toMatch(/ (đi|ngược|chiều) …$/u);
    expect([...(beginning('🚗'.repeat(9000)) ?? '')].length).toBe(262);
    expect(beginning('một\n'.repeat(40))?.split('\n')).toHaveLength(5);
  });

  it('takes an edited item in its place', async () => {
    const { room, desk } = await opened(4);
    await desk.markMoment();
    await desk.takeStill();
    const before = room.feed.length;
    const form = desk.bookmark;
    expect(form).not.toBeNull();
    if (!form) return;
    form.title = 'Va chạm';
    expect(await desk.saveBookmark(form)).toBe(true);
    expect(room.feed.length).toBe(before);
    expect(room.feed.some((item) => item.kind === 'bookmark' && item.item.title === 'Va chạm')).toBe(true);
  });
});

describe('a note', () => {
  it('keeps its text with the reason when the station is away, and its id when it is sent again', async () => {
    const { backend, desk } = await opened(4);
    desk.note.text = 'Xe máy đi ngược chiều';
    backend.failing.set('note.add', down);
    await desk.saveNote();
    expect(desk.note.text).toBe('Xe máy đi ngược chiều');
    expect(desk.note.problem?.key).toBe('problem_station_unavailable');
    await desk.saveNote();
    expect(desk.note.text).toBe('');
    const ids = backend.calls.filter((c) => c.name === 'note.add').map((c) => (c.args as { id: string }).id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });
});

describe('a bookmark', () => {
  it('is made at once for the focused tile with the configured seconds', async () => {
    const { backend, desk, room } = await opened(4);
    desk.wall.focus = 2;
    await desk.markMoment();
    const call = backend.calls.find((c) => c.name === 'bookmark.add')?.args as { cameras: string[]; at: number; start: number; end: number };
    expect(call.cameras).toEqual([room.ordered[2]?.id]);
    expect([call.at - call.start, call.end - call.at]).toEqual([30e6, 60e6]);
    expect(desk.bookmark).not.toBeNull();
  });
});

describe('the wall', () => {
  it('fills with the first cameras and follows the room', async () => {
    const { backend, desk, room } = await opened(16);
    expect(desk.wall.grid).toBe(16);
    expect(desk.wall.tiles).toEqual(room.ordered.map((c) => c.id));
    const gone = room.ordered[3]?.id ?? '';
    backend.say('camera.deleted', gone);
    desk.wall.follow(room.ordered);
    expect(desk.wall.tiles[3]).toBeNull();
  });

  it('grows with the room until a person chooses a grid', async () => {
    const { desk, room } = await opened(16);
    const all = [...room.ordered];
    const wall = new WallState(room);
    room.cameras.clear();
    await wall.recall('other');
    for (const [n, grid] of [[1, 1], [2, 4], [5, 9], [10, 16]] as const) {
      wall.follow(all.slice(0, n));
      expect(wall.grid).toBe(grid);
    }
    wall.setGrid(4);
    wall.follow(all);
    expect(wall.grid).toBe(4);
    expect(desk.wall.grid).toBe(16);
  });

  it('keeps off what a person took off, also after a restart, until it is put back', async () => {
    const { desk, room } = await opened(9);
    const off = desk.wall.tiles[4] ?? '';
    desk.wall.empty(4);
    const rejoined = async () => {
      await new Promise((go) => setTimeout(go, 750));
      const wall = new WallState(room);
      await wall.recall('main');
      return wall;
    };
    const wall = await rejoined();
    expect(wall.tiles[4]).toBeNull();
    expect(wall.order).not.toContain(off);
    wall.put(4, off);
    expect((await rejoined()).tiles[4]).toBe(off);
  });

  it('keeps the focused camera when the grid changes', async () => {
    const { desk } = await opened(16);
    desk.wall.focus = 13;
    const focused = desk.wall.focused;
    for (const grid of [9, 4, 1, 64, 16] as const) {
      desk.wall.setGrid(grid);
      expect(desk.wall.focused).toBe(focused);
    }
  });
});

describe('a lost station', () => {
  it('is fetched anew when it is back', async () => {
    const { backend, room } = await opened(4);
    backend.setLink('lost');
    expect(room.link).toBe('lost');
    expect(room.lost_ms).not.toBeNull();
    const before = backend.calls.filter((c) => c.name === 'camera.list').length;
    backend.setLink('joined');
    await new Promise((go) => setTimeout(go, 20));
    expect(room.lost_ms).toBeNull();
    expect(backend.calls.filter((c) => c.name === 'camera.list').length).toBe(before + 1);
  });
});
