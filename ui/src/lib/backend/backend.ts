// What the page needs from outside: calls to the station, its events, the window's video surface. Implemented for
// the window program (tauri.ts), for a loopback WebSocket (socket.ts) and for tests and design work (fake.ts).
// Nothing outside this folder knows which of them is there.

import type { CameraId, Commands, Event, PicturePart, Problem } from './bindings/wire';
import type { Shell, ShellInfo } from './shell';

export type * from './bindings/wire';
export { ACCESS, PROBLEM_KEYS } from './bindings/wire';

/** The name of an event. */
export type EventName = Event['event'];
/** What an event carries; nothing for `resync`. */
export type EventData<N extends EventName> = Extract<Event, { event: N }> extends { data: infer D } ? D : null;

/** Whether the station answers. */
export type LinkState = 'joining' | 'joined' | 'lost';

/** How a window looks: the theme, and the size of all text in percent. Kept with the window, not in the room. */
export interface Look {
  theme: 'dark' | 'day' | 'contrast';
  text_percent: number;
}

/** The window that this page is in. */
export interface WindowInfo extends Partial<ShellInfo> {
  /** Its name at the station: `main`, `wall-2`, ... */
  window: string;
  /** Who paints the pictures: the window program above the page, or the page itself. */
  presenter: 'native' | 'page';
  /** Language asked for when the window was opened; absent: the room's. */
  lang?: string | null;
  /** Whether the station is there now. */
  connected?: boolean;
  /** How it looked when it was last open; absent: as the product does. */
  look?: Look | null;
}

/** A rectangle in CSS pixels of the page. */
export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** A tile's video rectangle on the page. */
export interface TileRect extends Rect {
  tile: number;
  camera: CameraId;
  /** Enlarged: the main stream is wanted. */
  large: boolean;
  /** It shows the archive at the window's playhead instead of what is live. */
  archive: boolean;
  /** A small tile among many, to be glanced at: its key frames are enough. */
  glance?: boolean;
  /** Where the eye is: it loses last when there is too little CPU, and its main stream is made ready. */
  focused?: boolean;
  /** The part of the picture that fills the tile (digital zoom), in shares of its sides; absent: the whole. */
  view?: PicturePart | null;
  /** Whether it is on the screen now; a tile that is not shown keeps nothing decoded. */
  shown: boolean;
  /** Up to this age a picture is as fresh as it should be; absent: as for moving pictures. */
  fresh_ms?: number;
}

/** How much of a stream is decoded: nothing new, key frames, the sub stream without loop filter, sub, main. */
export type Tier = 'held' | 'key_frames' | 'sub_light' | 'sub' | 'main';

/** What is painted in a tile, told once a second. */
export interface TilePainted {
  tile: number;
  camera: CameraId;
  /** Whether a picture of this camera is on the screen. */
  painted: boolean;
  /** Age of that picture in milliseconds. */
  age_ms: number | null;
  /** Pictures painted per second. */
  fps: number;
  /** How much of its stream was decoded for the picture; absent where the page paints by itself. */
  tier?: Tier | null;
}

/** The native video surface above the page. */
export interface Surface {
  set(tiles: TileRect[], scale: number): void;
  occlude(rects: Rect[]): void;
  onTiles(fn: (tiles: TilePainted[]) => void): () => void;
  /** Once a second while there are glance tiles: the age of the oldest picture among them, in milliseconds. */
  onOldest(fn: (age_ms: number | null) => void): () => void;
}

/** A connection over which pixels come in batches, one in flight. */
export interface PixelDoor {
  call<K extends keyof Commands>(name: K, args: Commands[K]['args']): Promise<Commands[K]['reply']>;
  /** The next batch; it must be answered with `acknowledge` when it is on the screen (or dropped). */
  onBatch(fn: (batch: ArrayBuffer) => void): () => void;
  acknowledge(batch: number): void;
  onLink(fn: (state: LinkState) => void): () => void;
  close(): void;
}

/** The way to the station. */
export interface Backend {
  /** Rejects with a {@link Failure}, never with anything else. */
  call<K extends keyof Commands>(name: K, args: Commands[K]['args']): Promise<Commands[K]['reply']>;
  on<N extends EventName>(event: N, fn: (data: EventData<N>) => void): () => void;
  /** Calls `fn` at once with the present state, then on each change. */
  onLink(fn: (state: LinkState) => void): () => void;
  windowInfo(): Promise<WindowInfo>;
  /** Keeps how the window looks for the next time it is opened. */
  keepLook(look: Look): void;
  /** Only where the window program paints. */
  surface(): Surface | null;
  /** Only in a window of the window program. */
  shell(): Shell | null;
  /** For the page presenter. */
  pixels(): Promise<PixelDoor>;
}

/** A problem as an exception. */
export class Failure extends Error {
  constructor(readonly problem: Problem) {
    super(problem.key);
    this.name = 'Failure';
  }
}

/** The station is not there. */
export function unavailable(detail = ''): Failure {
  return new Failure({ code: 'Unavailable', key: 'problem_station_unavailable', params: {}, field: null, detail });
}

/** Makes a {@link Failure} of whatever was thrown. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (typeof thrown === 'object' && thrown !== null && 'key' in thrown && 'code' in thrown) {
    const problem = thrown as Partial<Problem> & Pick<Problem, 'key' | 'code'>;
    return new Failure({ params: {}, field: null, detail: '', ...problem });
  }
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new Failure({ code: 'Internal', key: 'problem_internal', params: {}, field: null, detail });
}

/** The station knows the command, and does not answer it to whoever sits here: no fault. */
export function isRefused(thrown: unknown): boolean {
  const { code } = asFailure(thrown).problem;
  return code === 'Forbidden' || code === 'Unauthenticated';
}

/** Who listens to what, for the implementations. */
export class Listeners {
  readonly #by_event = new Map<string, Set<(data: never) => void>>();
  readonly #link = new Set<(state: LinkState) => void>();
  #state: LinkState = 'joining';

  on(event: string, fn: (data: never) => void): () => void {
    let set = this.#by_event.get(event);
    if (!set) this.#by_event.set(event, (set = new Set()));
    set.add(fn);
    return () => set.delete(fn);
  }

  tell(event: string, data: unknown): void {
    for (const fn of this.#by_event.get(event) ?? []) fn(data as never);
  }

  get link(): LinkState {
    return this.#state;
  }

  onLink(fn: (state: LinkState) => void): () => void {
    this.#link.add(fn);
    fn(this.#state);
    return () => this.#link.delete(fn);
  }

  tellLink(state: LinkState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const fn of this.#link) fn(state);
  }
}
