import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Failure } from './backend';
import { websocketAddress } from './open';
import { SocketBackend } from './socket';

/** A socket whose other end is the test. */
class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static all: FakeSocket[] = [];
  readyState = FakeSocket.CONNECTING;
  binaryType = '';
  sent: string[] = [];
  onopen: () => void = () => {};
  onclose: () => void = () => {};
  onmessage: (event: { data: unknown }) => void = () => {};

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  open(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen();
  }
  close(): void {
    this.readyState = FakeSocket.CLOSED;
    this.onclose();
  }
  say(message: unknown): void {
    this.onmessage({ data: typeof message === 'string' || message instanceof ArrayBuffer ? message : JSON.stringify(message) });
  }
}

const newest = (): FakeSocket => {
  const socket = FakeSocket.all.at(-1);
  if (!socket) throw new Error('no socket');
  return socket;
};

beforeEach(() => {
  FakeSocket.all = [];
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the connection', () => {
  it('answers calls by id, in any order', async () => {
    const backend = new SocketBackend('ws://127.0.0.1:1/', 'main');
    const first = backend.call('unit.list', null);
    newest().open();
    const second = backend.call('wall.recall', 'main');
    await Promise.resolve();
    await Promise.resolve();
    const ids = newest().sent.map((text) => JSON.parse(text) as { id: number; call: string; args: unknown });
    const idOf = (call: string) => ids.find((each) => each.call === call)?.id;
    newest().say({ id: idOf('unit.list'), ok: [{ id: 'u', name: 'Xã' }] });
    newest().say({ id: idOf('wall.recall'), ok: null });
    expect(await second).toBeNull();
    expect(await first).toEqual([{ id: 'u', name: 'Xã' }]);
  });

  it('turns a problem into a failure with its sentence and field', async () => {
    const backend = new SocketBackend('ws://127.0.0.1:1/', 'main');
    newest().open();
    const call = backend.call('room.get', null);
    newest().say({ id: 1, problem: { code: 'Invalid', key: 'problem_room_name', field: 'name' } });
    const failure = (await call.catch((thrown) => thrown)) as Failure;
    expect(failure.problem).toEqual({ code: 'Invalid', key: 'problem_room_name', field: 'name', params: {}, detail: '' });
  });

  it('fails what was on its way when it breaks, and rejoins by itself', async () => {
    const backend = new SocketBackend('ws://127.0.0.1:1/', 'main');
    const states: string[] = [];
    backend.onLink((state) => states.push(state));
    newest().open();
    const call = backend.call('room.get', null).catch((thrown: Failure) => thrown.problem.key);
    newest().close();
    expect(await call).toBe('problem_station_unavailable');
    await vi.advanceTimersByTimeAsync(300);
    expect(FakeSocket.all).toHaveLength(2);
    newest().open();
    expect(states).toEqual(['joining', 'joined', 'lost', 'joined']);
  });

  it('brings events and pixels to whoever listens, and survives nonsense', () => {
    const backend = new SocketBackend('ws://127.0.0.1:1/', 'main');
    newest().open();
    const seen: unknown[] = [];
    backend.on('camera.deleted', (id) => seen.push(id));
    backend.on('resync', (nothing) => seen.push(nothing));
    backend.onBatch((batch) => seen.push(batch.byteLength));
    newest().say('{ nonsense');
    newest().say({ event: 'camera.deleted', data: 'c' });
    newest().say({ event: 'resync' });
    newest().say(new ArrayBuffer(8));
    newest().say({ id: 99, ok: 1 });
    expect(seen).toEqual(['c', null, 8]);
    backend.acknowledge(7);
    expect(newest().sent.at(-1)).toBe('{"painted":7}');
  });
});

describe('the address', () => {
  it('is loopback only, with its token', () => {
    expect(websocketAddress('?ws=ws://127.0.0.1:4000/?token=a-b')).toBe('ws://127.0.0.1:4000/?token=a-b');
    expect(websocketAddress('?ws=ws%3A%2F%2F127.0.0.1%3A4000%2F%3Ftoken%3Da')).toBe('ws://127.0.0.1:4000/?token=a');
    expect(websocketAddress('?ws=ws://evil.example:4000/?token=a')).toBeNull();
    expect(websocketAddress('?ws=wss://127.0.0.1.evil.example:1/')).toBeNull();
    expect(websocketAddress('')).toBeNull();
  });
});
