// The archive of the station in memory: a playhead for each window, a timeline with gaps, a calendar. Part of fake.ts.

import { Failure } from './backend';
import type {
  Camera, Commands, EventData, EventName, GapCause, ReviewState, ReviewTile, TileShow, TimelineGap, TimelineLane, UtcMicros, WallShow,
} from './backend';

const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;
const HOUR_US = 60 * MINUTE_US;
const DAY_US = 24 * HOUR_US;
const FRAME_US = Math.round(SECOND_US / 15);
const TICK_MS = 100;
const DAYS_KEPT = 26;
/** What is written this second can be read so much later. */
const NEWEST_US = 2 * SECOND_US;
const now = (): UtcMicros => Date.now() * 1000;

export interface ReviewRoom {
  camera(id: string): Camera | undefined;
  picture(camera: string, width: number, height: number, at: UtcMicros): string;
  bookmarks(): { cameras: string[]; at: UtcMicros }[];
  tell<N extends EventName>(event: N, data: EventData<N>): void;
}

type Reviewed = 'review.set' | 'review.step' | 'review.jump' | 'review.timeline' | 'review.calendar' | 'review.thumbnail';
export type ReviewHandlers = { [K in Reviewed]: (args: Commands[K]['args']) => Commands[K]['reply'] | Promise<Commands[K]['reply']> };

interface Head {
  state: ReviewState;
  tiles: TileShow[];
  settles: number;
}

const refused = (key: string): Failure => new Failure({ code: 'Precondition', key, params: {}, field: null, detail: '' });

function seedOf(id: string): number {
  return [...id].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) >>> 0, 7);
}

/** 0 to 1, always the same for the same numbers. */
function noise(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b | 0, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
}

export class FakeReview {
  readonly #room: ReviewRoom;
  readonly #heads = new Map<string, Head>();
  readonly #began = now();

  constructor(room: ReviewRoom) {
    this.#room = room;
    if (typeof document !== 'undefined') setInterval(() => this.#tick(), TICK_MS);
  }

  /** A window shows another wall. */
  show({ window, tiles }: WallShow): void {
    const archive = tiles.filter((tile) => tile.archive);
    const head = this.#heads.get(window);
    if (archive.length === 0) {
      if (head) head.tiles = [];
      return;
    }
    const state = head?.state ?? { window, at: now() - NEWEST_US, playing: false, speed: 1, waiting: false, newest: true, tiles: [] };
    this.#heads.set(window, { state, tiles: archive, settles: 0 });
    this.#tell(window);
  }

  /** What a window's archive tiles are at. */
  at(window: string): UtcMicros | null {
    return this.#heads.get(window)?.state.at ?? null;
  }

  missing(camera: string, at: UtcMicros): TimelineGap | null {
    return this.#gaps(camera).find((gap) => gap.start <= at && at < (gap.end ?? now())) ?? null;
  }

  #first(camera: string): UtcMicros {
    return this.#began - (DAYS_KEPT - (seedOf(camera) % 5)) * DAY_US;
  }

  /** A minute here, twenty there, and what the session says now. */
  #gaps(id: string): TimelineGap[] {
    const camera = this.#room.camera(id);
    const seed = seedOf(id);
    const causes: GapCause[] = [
      { cause: 'camera_lost', reason: 'unreachable' }, { cause: 'station_stopped' }, { cause: 'disk_full' }, { cause: 'overload' },
      { cause: 'file_damaged' }, { cause: 'clock_step', step_us: -3_600_000_000 },
    ];
    const gaps: TimelineGap[] = [];
    for (let i = 60; i >= 0; i -= 1) {
      const hour = Math.floor(this.#began / HOUR_US) - i * 9;
      if (noise(seed, hour) > 0.5 && i > 0) continue;
      const start = hour * HOUR_US + Math.round(noise(seed, hour + 1) * 40) * MINUTE_US;
      const end = start + Math.round(20 + noise(seed, hour + 2) * (i % 4 === 0 ? 1500 : 120)) * SECOND_US;
      const cause = causes[Math.floor(noise(seed, hour + 3) * causes.length)] ?? { cause: 'stopped' };
      if (end < this.#began - MINUTE_US) gaps.push({ start, end, which: null, cause });
    }
    const lost = camera?.sessions.find((s) => s.state.phase === 'retrying' || s.state.phase === 'stalled');
    if (lost) gaps.push({ start: lost.state.since, end: null, which: null, cause: { cause: 'camera_lost', reason: lost.state.reason } });
    return gaps;
  }

  #tile({ tile, camera, large }: TileShow, head: Head): ReviewTile {
    const { at, speed, playing } = head.state;
    const gap = this.missing(camera, at);
    const which = large ? ('main' as const) : ('sub' as const);
    if (at < this.#first(camera)) return { tile, camera, which: null, at: null, key_only: false, missing: { cause: null, since: null, until: this.#first(camera) } };
    if (gap) return { tile, camera, which: null, at: null, key_only: false, missing: { cause: gap.cause, since: gap.start, until: gap.end } };
    const key_only = head.settles > 0 || (playing && Math.abs(speed) > 8);
    const shift = (seedOf(camera) % 60) * 1000;
    const each = key_only ? 2 * SECOND_US : FRAME_US;
    return { tile, camera, which, at: Math.floor((at - shift) / each) * each + shift, key_only, missing: null };
  }

  #tell(window: string): ReviewState {
    const head = this.#heads.get(window);
    if (!head || head.tiles.length === 0) throw refused('problem_review_no_tiles');
    head.state = { ...head.state, tiles: head.tiles.map((tile) => this.#tile(tile, head)) };
    this.#room.tell('review.state', head.state);
    return head.state;
  }

  #tick(): void {
    for (const [window, head] of this.#heads) {
      if (head.tiles.length === 0) continue;
      const settling = head.settles > 0;
      if (settling) head.settles -= 1;
      const { state } = head;
      if (state.playing) {
        const newest = now() - NEWEST_US;
        const at = state.at + state.speed * TICK_MS * 1000;
        head.state = { ...state, at: Math.min(at, newest), newest: at >= newest, speed: at >= newest && state.speed > 1 ? 1 : state.speed };
      }
      if (state.playing || (settling && head.settles === 0)) this.#tell(window);
    }
  }

  #activity(camera: string, at: UtcMicros, length: number): number {
    if (this.missing(camera, at) || at < this.#first(camera) || at > now()) return 255;
    const hour = new Date(at / 1000).getHours();
    const busy = hour >= 6 && hour < 19 ? 1 : 0.35;
    const seed = seedOf(camera);
    const rush = noise(seed, Math.floor(at / (10 * MINUTE_US))) > 0.72 ? 2.6 : 1;
    return Math.min(254, Math.round((18 + 60 * noise(seed, Math.floor(at / length))) * busy * rush));
  }

  #lane(camera: string, start: UtcMicros, end: UtcMicros, buckets: number): TimelineLane {
    const first = this.#first(camera);
    const gaps = this.#gaps(camera).filter((gap) => (gap.end ?? now()) > Math.max(start, first) && gap.start < end);
    const spans = [];
    let from = Math.max(start, first);
    for (const gap of [...gaps, { start: Math.min(end, now()), end: Infinity }]) {
      if (gap.start > from) spans.push({ start: from, end: gap.start, main: (seedOf(camera) & 3) !== 1, sub: true });
      from = Math.max(from, gap.end ?? now());
    }
    const length = (end - start) / Math.max(1, buckets);
    const activity = Array.from({ length: buckets }, (_, i) => this.#activity(camera, start + i * length, length));
    return { camera, spans, gaps, activity };
  }

  readonly handlers: ReviewHandlers = {
    'review.set': async ({ window, at, playing, speed, scrubbing }) => {
      await new Promise((go) => setTimeout(go, scrubbing ? 60 : 25));
      const head = this.#heads.get(window);
      if (!head || head.tiles.length === 0) throw refused('problem_review_no_tiles');
      const newest = now() - NEWEST_US;
      const there = Math.min(at ?? head.state.at, newest);
      head.state = { ...head.state, at: there, playing: playing ?? head.state.playing, speed: speed ?? head.state.speed, newest: there >= newest };
      if (at !== undefined) head.settles = 4;
      return this.#tell(window);
    },
    'review.step': ({ window, frames }) => {
      const head = this.#heads.get(window);
      if (!head || head.tiles.length === 0) throw refused('problem_review_no_tiles');
      head.settles = 0;
      const at = Math.min(head.state.at + frames * FRAME_US, now() - NEWEST_US);
      head.state = { ...head.state, at, playing: false, newest: false };
      return this.#tell(window);
    },
    'review.jump': ({ cameras, at, to, forward }) => {
      const found: UtcMicros[] = [];
      if (to === 'bookmark') for (const mark of this.#room.bookmarks()) if (mark.cameras.some((id) => cameras.includes(id))) found.push(mark.at);
      if (to === 'gap' || to === 'alarm') for (const id of cameras) found.push(...this.#gaps(id).map((gap) => gap.start));
      if (to === 'footage') for (const id of cameras) found.push(this.#first(id), ...this.#gaps(id).flatMap((gap) => gap.end ?? []));
      const fit = found.filter((each) => (forward ? each > at : each < at));
      return fit.length === 0 ? null : forward ? Math.min(...fit) : Math.max(...fit);
    },
    'review.timeline': async ({ cameras, start, end, buckets }) => {
      await new Promise((go) => setTimeout(go, 30));
      return cameras.map((camera) => this.#lane(camera, start, end, buckets));
    },
    'review.calendar': ({ cameras, days }) =>
      days.slice(0, -1).map((day, i) => {
        const first = Math.min(...cameras.map((id) => this.#first(id)), now());
        return Math.max(0, (Math.min(days[i + 1] ?? day, now()) - Math.max(day, first)) / SECOND_US);
      }),
    'review.thumbnail': async ({ camera, at, width_px }) => {
      await new Promise((go) => setTimeout(go, 80));
      if (this.missing(camera, at) || at < this.#first(camera) || at > now()) return null;
      return { url: this.#room.picture(camera, width_px, Math.round((width_px * 9) / 16), at), at };
    },
  };
}
