// The station over its loopback WebSocket: calls and events as JSON text, pixels as binary batches. Rejoins by itself.

import {
  asFailure,
  Listeners,
  unavailable,
  type Backend,
  type Commands,
  type EventData,
  type EventName,
  type LinkState,
  type Look,
  type PixelDoor,
  type Surface,
  type WindowInfo,
} from './backend';
import { plain } from './plain';

const REJOIN_MS = [250, 500, 1000, 2000, 3000];

const LOOK_KEY = 'easien.look.';

/** What the browser kept; damaged or refused: nothing. */
function keptLook(window: string): Look | null {
  try {
    return JSON.parse(localStorage.getItem(LOOK_KEY + window) ?? 'null') as Look | null;
  } catch {
    return null;
  }
}

interface Pending {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

export class SocketBackend implements Backend, PixelDoor {
  readonly #url: string;
  readonly #window: string;
  readonly #listeners = new Listeners();
  readonly #batches = new Set<(batch: ArrayBuffer) => void>();
  readonly #pending = new Map<number, Pending>();
  #socket: WebSocket | null = null;
  #next_id = 1;
  #tries = 0;
  #closed = false;
  #waiting: (() => void)[] = [];

  constructor(url: string, window: string) {
    this.#url = url;
    this.#window = window;
    this.#join();
  }

  #join(): void {
    if (this.#closed) return;
    const socket = new WebSocket(this.#url);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onopen = () => {
      this.#tries = 0;
      this.#listeners.tellLink('joined');
      for (const go of this.#waiting.splice(0)) go();
    };
    socket.onmessage = ({ data }) => this.#take(data as string | ArrayBuffer);
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#listeners.tellLink('lost');
      const lost = [...this.#pending.values()];
      this.#pending.clear();
      for (const call of lost) call.reject(unavailable());
      for (const go of this.#waiting.splice(0)) go();
      const wait = REJOIN_MS[Math.min(this.#tries, REJOIN_MS.length - 1)];
      this.#tries += 1;
      setTimeout(() => this.#join(), wait);
    };
  }

  #take(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      for (const fn of this.#batches) fn(data);
      return;
    }
    let message: { id?: number; ok?: unknown; problem?: unknown; event?: string; data?: unknown };
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (message.event !== undefined) {
      this.#listeners.tell(message.event, message.data ?? null);
    } else if (message.id !== undefined) {
      const call = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      if (message.problem !== undefined) call?.reject(asFailure(message.problem));
      else call?.resolve(message.ok ?? null);
    }
  }

  async call<K extends keyof Commands>(name: K, args: Commands[K]['args']): Promise<Commands[K]['reply']> {
    if (this.#socket?.readyState === WebSocket.CONNECTING) {
      await new Promise<void>((go) => this.#waiting.push(go));
    }
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) throw unavailable();
    const id = this.#next_id++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      socket.send(JSON.stringify({ id, call: name, args: plain(args) }));
    });
  }

  on<N extends EventName>(event: N, fn: (data: EventData<N>) => void): () => void {
    return this.#listeners.on(event, fn as (data: never) => void);
  }

  onLink(fn: (state: LinkState) => void): () => void {
    return this.#listeners.onLink(fn);
  }

  async windowInfo(): Promise<WindowInfo> {
    return { window: this.#window, presenter: 'page', look: keptLook(this.#window) };
  }

  /** A browser keeps it for the address the page comes from. */
  keepLook(look: Look): void {
    try {
      localStorage.setItem(LOOK_KEY + this.#window, JSON.stringify(look));
    } catch {
      // Without a store it lasts as long as the page.
    }
  }

  surface(): Surface | null {
    return null;
  }

  shell(): null {
    return null;
  }

  /** The same connection: whoever closes the door leaves it open for the calls. */
  async pixels(): Promise<PixelDoor> {
    return {
      call: (name, args) => this.call(name, args),
      onBatch: (fn) => this.onBatch(fn),
      acknowledge: (batch) => this.acknowledge(batch),
      onLink: (fn) => this.onLink(fn),
      close: () => {},
    };
  }

  onBatch(fn: (batch: ArrayBuffer) => void): () => void {
    this.#batches.add(fn);
    return () => this.#batches.delete(fn);
  }

  acknowledge(batch: number): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ painted: batch }));
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close();
  }
}
