// The playhead of one window, and what a person does with it. The station moves it; here is what it told last, what is
// asked of it, the selection, and the part of time that the timeline shows.

import type { CameraId, Jump, JumpTo, ReviewSet, ReviewState, ReviewTile, UtcMicros } from '../backend/backend';
import { asFailure, isRefused } from '../backend/backend';
import type { ReviewMoment } from '../desk/review-link';
import type { RoomState } from '../room/room.svelte';
import { nowMicros } from '../time/time';
import { ReviewBoard, REVIEW_MOST } from './board.svelte';
import { Newest } from './newest';
import { around, follow, MINUTE, notBeyond, SECOND, shuttle, toTime, zoom, zoomTo, type Span } from './span';
import { memoryOf } from '../wall/picture';
import { shapeOf } from '../wall/shape';

/** "30 seconds ago". */
export const AGO_US = 30 * SECOND;
/** The wall is told to the station while its tiles are laid out; until then there is nothing to move. */
const RETRY_MS = 120;
const RETRIES = 40;
/** The station remembers what a window reviewed beside its wall, under a name that no window has. */
const REVIEW_SUFFIX = '_review';
const REMEMBER_MS = 700;
/** Steps along a road that are remembered. */
const TRAIL_MOST = 64;

export type EventKind = 'any' | JumpTo;

export interface Selection {
  start: UtcMicros | null;
  end: UtcMicros | null;
}

type Wish = Omit<ReviewSet, 'window'>;

export class Review {
  readonly board = new ReviewBoard();
  state = $state.raw<ReviewState | null>(null);
  /** While a person drags the playhead: where the hand is. */
  aim = $state<UtcMicros | null>(null);
  selection = $state.raw<Selection>({ start: null, end: null });
  span = $state.raw<Span>(notBeyond(around(Date.now() * 1000, 15 * MINUTE), nowMicros()));
  /** What previous and next look for. */
  events = $state<EventKind>('any');
  /** The list of cameras stands beside the wall. */
  picking = $state(false);
  /** The time is being typed. */
  typing = $state(false);
  calendar = $state(false);

  /** Where the playhead is; absent: nothing was ever shown. */
  readonly at: UtcMicros | null = $derived(this.aim ?? this.state?.at ?? null);
  readonly playing: boolean = $derived(this.state?.playing ?? false);
  readonly speed: number = $derived(this.state?.speed ?? 1);
  readonly waiting: boolean = $derived(this.state?.waiting ?? false);
  /** Both ends are set. */
  readonly chosen: { start: UtcMicros; end: UtcMicros } | null = $derived.by(() => {
    const { start, end } = this.selection;
    return start !== null && end !== null && start < end ? { start, end } : null;
  });
  readonly #tiles = $derived(new Map((this.state?.tiles ?? []).map((tile) => [tile.tile, tile])));

  /** Told when a call fails. */
  onproblem: (thrown: unknown) => void = () => {};

  readonly #room: RoomState;
  #window = 'main';
  #joined: Promise<string>;
  /** The review is on the screen: its tiles are at the station, or will be. */
  #open = false;
  #awake = false;
  #recalled = false;
  #told_ms = 0;
  #remember_timer: ReturnType<typeof setTimeout> | undefined;
  readonly #trail: { tile: number; camera: CameraId; at: UtcMicros }[] = [];
  #retries = 0;
  readonly #sets: Newest<Wish>;
  readonly #steps: Newest<{ tile: number; frames: number }>;

  constructor(room: RoomState) {
    this.#room = room;
    this.#joined = room.backend.windowInfo().then(({ window }) => (this.#window = window));
    this.#sets = new Newest((wish) => this.#set(wish), (older, newer) => ({ ...older, ...newer }));
    this.#steps = new Newest(
      (step) => this.#step(step),
      (older, newer) => ({ tile: newer.tile, frames: older.tile === newer.tile ? older.frames + newer.frames : newer.frames }),
    );
  }

  /** Listens to the station as long as the page is there. */
  join(): () => void {
    const b = this.#room.backend;
    let link = '';
    const offs = [
      b.on('review.state', (state) => {
        if (state.window === this.#window && !this.#forgotten(state)) this.#take(state);
      }),
      b.onLink((now) => {
        // A station that was started anew knows nothing of this window's playhead.
        if (now === 'joined' && link === 'lost' && this.#open) this.#resume();
        link = now;
        if (now === 'joined') void this.recall();
      }),
    ];
    return () => offs.forEach((off) => off());
  }

  /** Which cameras this window reviewed last; a board that somebody filled meanwhile stays. */
  async recall(): Promise<void> {
    if (this.#recalled) return;
    const window = await this.#joined;
    try {
      const memory = await this.#room.backend.call('wall.recall', window + REVIEW_SUFFIX);
      if (this.#recalled) return;
      this.#recalled = true;
      const cameras = (memory?.tiles ?? []).filter((camera) => camera !== null);
      if (this.board.order.length === 0 && cameras.length > 0) this.board.show(cameras);
    } catch (thrown) {
      if (!isRefused(thrown)) console.warn('wall.recall', asFailure(thrown).problem.key);
    }
  }

  /** The board changed. */
  remember(): void {
    if (!this.#recalled) return;
    clearTimeout(this.#remember_timer);
    const tiles = this.board.order.slice(0, REVIEW_MOST);
    this.#remember_timer = setTimeout(() => {
      void this.#joined.then((window) =>
        this.#room.backend
          .call('wall.remember', memoryOf(window + REVIEW_SUFFIX, { shape: shapeOf('16'), order: tiles, page: 0, focus: 0, large: false, hotspot: null, followed: null, layout: null }))
          .catch((thrown) => console.warn('wall.remember', asFailure(thrown).problem.key)),
      );
    }, REMEMBER_MS);
  }

  /** The review came on the screen. */
  enter(): void {
    this.#open = true;
  }

  /** No camera is left: nothing plays, and the moment is kept for the next one. */
  rest(): void {
    this.#awake = false;
    if (this.state) this.state = { ...this.state, playing: false, tiles: [] };
    this.#sets.forget();
  }

  /** There is a camera: the playhead goes where it was, or where it is wanted. */
  wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    this.#resume();
  }

  leave(): void {
    this.#open = false;
    this.aim = null;
    this.rest();
  }

  #resume(): void {
    if (this.board.cameras.length === 0) {
      this.#awake = false;
      return;
    }
    const { state } = this;
    this.#want({ at: this.#asked ?? state?.at ?? nowMicros() - AGO_US, playing: this.#asked_playing ?? false, scrubbing: false });
    this.#asked = null;
    this.#asked_playing = null;
  }
  #asked: UtcMicros | null = null;
  #asked_playing: boolean | null = null;

  /** Shows these cameras at a moment, and the selection with it. */
  open({ cameras, at, start, end, playing = false }: ReviewMoment): void {
    if (start !== undefined && end !== undefined) {
      this.select(start, end);
      this.span = around((start + end) / 2, Math.max(2 * MINUTE, (end - start) * 3));
    }
    this.board.show(cameras.filter((camera) => this.#room.cameras.has(camera)).slice(0, REVIEW_MOST));
    this.goTo(at, playing);
    this.#show(at, true);
  }

  /** A camera joins those that are shown. */
  add(camera: CameraId): void {
    const first = this.board.cameras.length === 0;
    this.board.find(camera);
    if (first && this.state === null && this.#asked === null) this.#show(nowMicros() - AGO_US, true);
  }

  goTo(at: UtcMicros, playing: boolean | undefined = undefined): void {
    this.aim = null;
    const there = Math.min(Math.max(0, Math.round(at)), nowMicros());
    if (!this.#awake || this.board.cameras.length === 0) {
      this.#asked = there;
      this.#asked_playing = playing ?? false;
      if (this.state) this.state = { ...this.state, at: there };
    } else this.#want({ at: there, scrubbing: false, ...(playing !== undefined && { playing }) });
    this.#show(there);
  }

  /** To where the newest is. */
  goToNewest(): void {
    this.goTo(nowMicros(), true);
  }

  skip(by: number): void {
    if (this.at !== null) this.goTo(this.at + by);
  }

  /** The hand drags: `last` when it lets go. */
  scrub(at: UtcMicros, last: boolean): void {
    const there = Math.min(Math.max(0, Math.round(at)), nowMicros());
    this.aim = last ? null : there;
    if (last && this.state) this.state = { ...this.state, at: there };
    this.#want({ at: there, scrubbing: !last });
  }

  /** Space. From rest it goes forward, whichever way it went before. */
  toggle(): void {
    if (this.playing) this.pause();
    else this.#want({ playing: true, scrubbing: false, ...(this.speed < 0 && { speed: 1 }) });
  }

  pause(): void {
    this.#want({ playing: false, scrubbing: false });
  }

  /** Backward is chosen to go backward: it does so at once. */
  setSpeed(speed: number): void {
    this.#want({ speed, scrubbing: false, ...(speed < 0 && { playing: true }) });
  }

  /** J and L. */
  shuttle(forward: boolean): void {
    this.#want({ playing: true, speed: shuttle(this.playing, this.speed, forward), scrubbing: false });
  }

  /** Picture by picture, of the focused tile. */
  step(frames: number): void {
    const { tiles, focus } = this.board;
    const tile = tiles[focus] ? focus : tiles.findIndex((camera) => camera !== null);
    if (tile >= 0) this.#steps.want({ tile, frames });
  }

  /** To the next event of the kind wanted; false: there is none. */
  async jump(forward: boolean): Promise<boolean> {
    const { cameras } = this.board;
    if (this.at === null || cameras.length === 0) return false;
    const kinds: JumpTo[] = this.events === 'any' ? ['bookmark', 'alarm', 'gap'] : [this.events];
    const ask = (to: JumpTo) => {
      const wanted: Jump = { cameras: [...cameras], at: this.at ?? 0, to, forward };
      return this.#room.backend.call('review.jump', wanted);
    };
    try {
      const found = (await Promise.all(kinds.map(ask))).filter((at) => at !== null);
      if (found.length === 0) return false;
      const at = forward ? Math.min(...found) : Math.max(...found);
      this.goTo(at, false);
      this.#show(at);
      return true;
    } catch (thrown) {
      this.onproblem(thrown);
      return true;
    }
  }

  /** The focused tile goes on to another camera, so much later. */
  goAlong(camera: CameraId, later: number): void {
    const { focus, focused } = this.board;
    if (focused === null || this.at === null) return;
    this.#trail.push({ tile: focus, camera: focused, at: this.at });
    if (this.#trail.length > TRAIL_MOST) this.#trail.shift();
    this.board.replace(focus, camera);
    this.goTo(this.at + later);
  }

  /** Back to where the road was taken; false: none was. */
  goBack(): boolean {
    const last = this.#trail.pop();
    if (!last) return false;
    if (this.#room.cameras.has(last.camera)) this.board.replace(last.tile, last.camera);
    this.goTo(last.at);
    return true;
  }

  /** What a tile shows, if the station said so for the camera that stands there. */
  tileOf(tile: number, camera: CameraId | undefined): ReviewTile | null {
    const told = this.#tiles.get(tile);
    return told && told.camera === camera ? told : null;
  }

  setStart(at: UtcMicros | null = this.at): void {
    if (at === null) return;
    const { end } = this.selection;
    this.selection = { start: at, end: end !== null && end > at ? end : null };
  }

  setEnd(at: UtcMicros | null = this.at): void {
    if (at === null) return;
    const { start } = this.selection;
    this.selection = { start: start !== null && start < at ? start : null, end: at };
  }

  select(a: UtcMicros, b: UtcMicros): void {
    this.selection = { start: Math.min(a, b), end: Math.max(a, b) };
  }

  clearSelection(): void {
    this.selection = { start: null, end: null };
  }

  setSpan(span: Span): void {
    const wanted = notBeyond(span, nowMicros());
    if (wanted.start !== this.span.start || wanted.length !== this.span.length) this.span = wanted;
  }

  zoomBy(factor: number, at: UtcMicros | null = null): void {
    this.setSpan(zoom(this.span, factor, at ?? this.#anchor()));
  }

  zoomTo(length: number): void {
    this.setSpan(zoomTo(this.span, length, this.#anchor()));
  }

  /** The playhead while it is in sight, else the middle. */
  #anchor(): UtcMicros {
    const { start, length } = this.span;
    if (this.at !== null && this.at >= start && this.at <= start + length) return this.at;
    return toTime(this.span, 2, 1);
  }

  /** Brings a moment into sight. */
  #show(at: UtcMicros, centred = false): void {
    const { start, length } = this.span;
    const share = (at - start) / length;
    if (centred ? share < 0.1 || share > 0.9 : share < 0 || share > 1) this.setSpan(around(at, length));
  }

  /**
   * A station that let this window's tiles go (it was minimised) begins anew somewhere else: then the playhead is put
   * back. It stands still there, far from where it was, and nobody here asked for that.
   */
  #forgotten(state: ReviewState): boolean {
    const before = this.state;
    const went_ms = performance.now() - this.#told_ms;
    this.#told_ms = performance.now();
    if (!before || !this.#awake || state.playing || this.aim !== null || this.#sets.busy || this.#steps.busy) return false;
    const most = 2 * SECOND + (before.playing ? Math.abs(before.speed) * went_ms * 2000 : 0);
    if (Math.abs(state.at - before.at) <= most) return false;
    this.#want({ at: before.at, playing: false, scrubbing: false });
    return true;
  }

  #take(state: ReviewState): void {
    const before = this.state;
    // What was on its way when the hand moved on is older than the hand.
    this.state = state;
    if (state.playing && before && this.aim === null) {
      const seen = before.at >= this.span.start && before.at <= this.span.start + this.span.length;
      if (seen) this.setSpan(follow(this.span, state.at, state.speed < 0));
    }
  }

  #want(wish: Wish): void {
    this.#retries = 0;
    // At once on the screen; the station's word follows.
    const { state } = this;
    if (state) this.state = { ...state, playing: wish.playing ?? state.playing, speed: wish.speed ?? state.speed };
    this.#sets.want(wish);
  }

  async #set(wish: Wish): Promise<void> {
    const window = await this.#joined;
    try {
      const state = await this.#room.backend.call('review.set', { ...wish, window });
      // The answer to an older wish says less than what is wanted already.
      if (this.#open) this.#take(state);
    } catch (thrown) {
      if (asFailure(thrown).problem.key === 'problem_review_no_tiles') {
        if (!this.#open || this.board.cameras.length === 0 || this.#retries >= RETRIES) return;
        this.#retries += 1;
        await new Promise((go) => setTimeout(go, RETRY_MS));
        this.#sets.again(wish);
        return;
      }
      this.onproblem(thrown);
    }
  }

  async #step({ tile, frames }: { tile: number; frames: number }): Promise<void> {
    const window = await this.#joined;
    try {
      const state = await this.#room.backend.call('review.step', { window, tile, frames: Math.max(-100, Math.min(100, frames)) });
      if (this.#open) {
        this.#take(state);
        this.#show(state.at);
      }
    } catch (thrown) {
      if (asFailure(thrown).problem.key !== 'problem_review_no_tiles') this.onproblem(thrown);
    }
  }
}
