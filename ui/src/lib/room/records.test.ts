import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeBackend } from '../backend/fake';
import type { Alarm, Camera, Recording } from '../backend/backend';
import { unavailable } from '../backend/backend';
import { recordedOf } from './recorded';
import { alarmOrder, Records } from './records.svelte';
import { Thumbnails } from './thumbnails';

const alarm = (id: string, more: Partial<Alarm> = {}): Alarm => ({
  id, kind: 'volume_failed', priority: 'high', camera: null, volume: null, subject: '', detail: '', raised: 1, cleared: null, acknowledged: null, acknowledged_by: null, comment: '', cameras: [], shared: null, ...more,
});
const settle = () => new Promise((go) => setTimeout(go, 20));
afterEach(() => vi.restoreAllMocks());

describe('alarms', () => {
  it('come in the order in which they want a person', () => {
    const all = [
      alarm('seen', { priority: 'critical', acknowledged: 5 }),
      alarm('low', { priority: 'low', raised: 9 }),
      alarm('old', { raised: 2 }),
      alarm('new', { raised: 3 }),
      alarm('worst', { priority: 'critical' }),
    ];
    expect(all.sort(alarmOrder).map((a) => a.id)).toEqual(['worst', 'new', 'old', 'low', 'seen']);
  });

  it('leave the list when they are over and seen, not before', async () => {
    const backend = new FakeBackend(4, new URLSearchParams('lost=0'));
    const records = new Records(backend);
    records.join();
    await settle();
    backend.say('alarm.changed', alarm('a'));
    backend.say('alarm.changed', alarm('a', { cleared: 4 }));
    expect(records.alarms.map((a) => a.id)).toEqual(['a']);
    backend.say('alarm.changed', alarm('a', { cleared: 4, acknowledged: 5 }));
    expect(records.alarms).toEqual([]);
  });
});

describe('records', () => {
  it('are fetched each by itself: one that fails takes none of the others away', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const backend = new FakeBackend(4);
    backend.failing.set('alarm.list', unavailable());
    const records = new Records(backend);
    records.join();
    await settle();
    expect(records.alarms).toEqual([]);
    expect(records.volumes.length).toBeGreaterThan(0);
    expect(records.neighbours.size).toBe(1);
  });
});

describe('what is recorded of a camera', () => {
  const of = (...phases: Recording['phase'][]): Camera =>
    ({
      record: { streams: phases.every((p) => p === 'off') ? 'off' : 'both', schedule: [], keep_days: null },
      recordings: phases.map((phase, i) => ({ camera: 'c', which: i ? 'sub' : 'main', phase, since: 1, cause: null, bitrate_bps: 0 })),
    }) as unknown as Camera;

  it('is said for the worst of its streams', () => {
    expect(recordedOf(of('recording', 'recording'))).toEqual({ state: 'recording' });
    expect(recordedOf(of('recording', 'off'))).toEqual({ state: 'recording' });
    expect(recordedOf(of('off', 'off'))).toEqual({ state: 'off', scheduled: false });
    expect(recordedOf(of('waiting', 'failing'))).toMatchObject({ state: 'failing', part: false });
    expect(recordedOf(of('waiting', 'recording'))).toMatchObject({ state: 'waiting', part: true });
    expect(recordedOf(of())).toBeNull();
  });
});

describe('thumbnails', () => {
  it('are asked for two at a time, once each, and not at all when nobody wants them any more', async () => {
    const asked: number[] = [];
    const open: (() => void)[] = [];
    const backend = new FakeBackend(1);
    vi.spyOn(backend, 'call').mockImplementation((async (_name: string, args: { at: number }) => {
      asked.push(args.at);
      await new Promise<void>((go) => open.push(go));
      return { url: `data:${args.at}`, at: args.at };
    }) as never);
    const thumbnails = new Thumbnails(backend);
    const got: (string | undefined)[] = [];
    const offs = [1, 2, 3, 4].map((at) => thumbnails.want('c', at, 100, (picture) => got.push(picture?.url)));
    expect(asked).toEqual([1, 2]);
    offs[2]?.();
    while (open.length > 0) {
      open.shift()?.();
      await settle();
    }
    // The newest wish is served first; the one that was taken back is never asked for.
    expect(asked).toEqual([1, 2, 4]);
    expect(got).toEqual(['data:1', 'data:2', 'data:4']);
    thumbnails.want('c', 1, 100, (picture) => got.push(picture?.url));
    expect(asked).toHaveLength(3);
    expect(got.at(-1)).toBe('data:1');
  });
});

describe('an event that overtakes its list', () => {
  it('is not undone by it', async () => {
    const backend = new FakeBackend(4);
    const [first] = await backend.call('alarm.list', { open: true, closed: false, kinds: [], limit: 0 });
    let answer: (alarms: Alarm[]) => void = () => {};
    const call = backend.call.bind(backend);
    vi.spyOn(backend, 'call').mockImplementation(((name: string, args: never) =>
      name === 'alarm.list' ? new Promise((go) => (answer = go)) : call(name as 'room.get', args)) as never);
    const records = new Records(backend);
    records.join();
    await settle();
    const seen = { ...(first as Alarm), cleared: 2, acknowledged: 3 };
    backend.say('alarm.changed', seen);
    answer([first as Alarm]);
    await settle();
    expect(records.alarms).toEqual([]);
  });
});
