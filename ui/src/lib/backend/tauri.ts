// The station through the window program, and the window's native video surface.

import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import {
  asFailure,
  Listeners,
  type Backend,
  type Commands,
  type EventData,
  type EventName,
  type LinkState,
  type Look,
  type PixelDoor,
  type Rect,
  type Surface,
  type TilePainted,
  type TileRect,
  type WindowInfo,
} from './backend';
import { plain } from './plain';
import type { Shell } from './shell';
import { SocketBackend } from './socket';
import { TauriShell } from './tauri-shell';

/** Whether the page runs inside the window program. */
export function inWindowProgram(): boolean {
  return '__TAURI_INTERNALS__' in globalThis;
}

export class TauriBackend implements Backend {
  readonly #listeners = new Listeners();

  /** Nothing is asked before the answers' changes are listened to. */
  readonly #listening: Promise<unknown>;

  constructor() {
    this.#listening = Promise.all([
      listen<{ event: string; data?: unknown }>('station', ({ payload }) =>
        this.#listeners.tell(payload.event, payload.data ?? null),
      ),
      listen<{ connected: boolean }>('link', ({ payload }) =>
        this.#listeners.tellLink(payload.connected ? 'joined' : 'lost'),
      ),
    ]);
  }

  async call<K extends keyof Commands>(name: K, args: Commands[K]['args']): Promise<Commands[K]['reply']> {
    try {
      await this.#listening;
      const reply = await invoke<Commands[K]['reply']>('call', { name, args: plain(args) });
      this.#listeners.tellLink('joined');
      return reply;
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (failure.problem.key === 'problem_station_unavailable') this.#listeners.tellLink('lost');
      throw failure;
    }
  }

  on<N extends EventName>(event: N, fn: (data: EventData<N>) => void): () => void {
    return this.#listeners.on(event, fn as (data: never) => void);
  }

  onLink(fn: (state: LinkState) => void): () => void {
    return this.#listeners.onLink(fn);
  }

  async windowInfo(): Promise<WindowInfo> {
    const info = await invoke<WindowInfo>('window_info');
    if (info.connected !== undefined) this.#listeners.tellLink(info.connected ? 'joined' : 'lost');
    return info;
  }

  keepLook(look: Look): void {
    void invoke('look_set', { look }).catch(report);
  }

  surface(): Surface {
    return {
      set: (tiles: TileRect[], scale: number) => void invoke('surface_set', { tiles, scale }).catch(report),
      occlude: (rects: Rect[]) => void invoke('surface_occlude', { rects }).catch(report),
      onTiles: (fn: (tiles: TilePainted[]) => void) => {
        const stop = listen<TilePainted[]>('tiles', ({ payload }) => fn(payload));
        return () => void stop.then((off) => off());
      },
      onOldest: (fn: (age_ms: number | null) => void) => {
        const stop = listen<{ age_ms: number | null }>('oldest', ({ payload }) => fn(payload.age_ms));
        return () => void stop.then((off) => off());
      },
    };
  }

  shell(): Shell {
    return new TauriShell();
  }

  async pixels(): Promise<PixelDoor> {
    const [{ url }, { window }] = await Promise.all([this.call('page.open', null), this.windowInfo()]);
    return atDesk(new SocketBackend(url, window), window);
  }
}

/** A door of the same window program: whoever sits at the window sits there, and nothing is asked before the station knows. */
function atDesk(door: SocketBackend, window: string): PixelDoor {
  let seated: Promise<unknown> = Promise.resolve();
  door.onLink((link) => {
    if (link === 'joined') seated = door.call('people.sign_in_again', { window, token: '' }).catch(report);
  });
  return {
    call: async (name, args) => {
      await seated;
      return door.call(name, args);
    },
    onBatch: (fn) => door.onBatch(fn),
    acknowledge: (batch) => door.acknowledge(batch),
    onLink: (fn) => door.onLink(fn),
    close: () => door.close(),
  };
}

/** The window program logs what the page's console says. */
function report(thrown: unknown): void {
  console.warn('window', asFailure(thrown).problem.detail);
}
