// What is recorded of the cameras under review, fetched in pieces: a piece is some bars of activity of one length, so
// that panning and zooming back use what was fetched. Pieces that time is still writing are asked for again.

import type { Backend, Bookmark, CameraId, Hold, TimelineLane, UtcMicros } from '../backend/backend';
import { nowMicros } from '../time/time';
import { bucketFor, SECOND, type Span } from './span';

/** Bars in a piece. */
export const PIECE_BARS = 128;
const MOST_KEPT = 1600;
/** A piece that is still being written is so old at most; one that is over, too: retention goes on. */
const OPEN_MS = 3000;
const CLOSED_MS = 60_000;
/** The newest is written a little later than it happens. */
const WRITTEN_US = 15 * SECOND;
const AGAIN_MS = 2000;
const MARKS_MS = 200;

export interface Piece {
  start: UtcMicros;
  /** Length of a bar. */
  bucket: number;
  lane: TimelineLane;
  ms: number;
}

interface Want {
  cameras: CameraId[];
  span: Span;
  width: number;
}

export class Lanes {
  /** Counts up when there is something new to draw. */
  version = $state(0);
  /** Since when the station was asked in vain; null: it answers. */
  failing = $state(false);
  bookmarks = $state.raw<Bookmark[]>([]);
  holds = $state.raw<Hold[]>([]);

  readonly #backend: Backend;
  readonly #pieces = new Map<string, Piece>();
  #want: Want | null = null;
  #busy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #marks_timer: ReturnType<typeof setTimeout> | undefined;
  #marks_key = '';

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** What is looked at now. */
  want(cameras: readonly CameraId[], span: Span, width: number): void {
    this.#want = { cameras: [...cameras], span, width };
    void this.#fetch();
    this.#askMarks(false);
  }

  /** Bookmarks or holds changed. */
  marksChanged(): void {
    this.#askMarks(true);
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#marks_timer);
    this.#want = null;
  }

  /** The pieces of one camera that fit best: of the wanted length of bar, else whatever covers the time. */
  pieces(camera: CameraId, span: Span, width: number): Piece[] {
    const bucket = bucketFor(span, width);
    const out: Piece[] = [];
    for (const index of indices(span, bucket)) {
      const piece = this.#pieces.get(key(camera, bucket, index)) ?? this.#standIn(camera, bucket, index);
      if (piece && !out.includes(piece)) out.push(piece);
    }
    return out;
  }

  /** While the right piece is on its way, one of other bars. */
  #standIn(camera: CameraId, bucket: number, index: number): Piece | null {
    const middle = (index + 0.5) * bucket * PIECE_BARS;
    for (let power = 1; power <= 6; power += 1) {
      for (const other of [bucket * 2 ** power, bucket / 2 ** power]) {
        const found = this.#pieces.get(key(camera, other, Math.floor(middle / (other * PIECE_BARS))));
        if (found) return found;
      }
    }
    return null;
  }

  async #fetch(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    try {
      for (;;) {
        const next = this.#next();
        if (!next) break;
        const { cameras, bucket, index } = next;
        const start = index * bucket * PIECE_BARS;
        const end = start + bucket * PIECE_BARS;
        const ms = Date.now();
        const lanes = await this.#backend.call('review.timeline', { cameras, start, end, buckets: PIECE_BARS });
        for (const lane of lanes) this.#keep(key(lane.camera, bucket, index), { start, bucket, lane, ms });
        // A camera that the station said nothing of is not asked for again at once.
        for (const camera of cameras) {
          if (!lanes.some((lane) => lane.camera === camera)) {
            this.#keep(key(camera, bucket, index), { start, bucket, lane: { camera, spans: [], gaps: [], activity: [] }, ms });
          }
        }
        this.failing = false;
        this.version += 1;
      }
    } catch {
      this.failing = true;
    } finally {
      this.#busy = false;
      if (this.#want) this.#timer = setTimeout(() => void this.#fetch(), this.failing ? AGAIN_MS : 1000);
    }
  }

  /** What is in sight first, then what is beside it. */
  #next(): { cameras: CameraId[]; bucket: number; index: number } | null {
    const want = this.#want;
    if (!want || want.cameras.length === 0 || want.width < 1 || (typeof document !== 'undefined' && document.hidden)) return null;
    const bucket = bucketFor(want.span, want.width);
    const seen = indices(want.span, bucket);
    const first = seen[0] ?? 0;
    const last = seen.at(-1) ?? 0;
    for (const index of [...seen, first - 1, last + 1]) {
      const begin = index * bucket * PIECE_BARS;
      if (begin > nowMicros()) continue;
      const beside = index < first || index > last;
      const cameras = want.cameras.filter((camera) => this.#due(key(camera, bucket, index), beside));
      if (cameras.length > 0) return { cameras, bucket, index };
    }
    return null;
  }

  #due(at: string, beside: boolean): boolean {
    const piece = this.#pieces.get(at);
    if (!piece) return true;
    if (beside) return false;
    const end = piece.start + piece.bucket * PIECE_BARS;
    // Long bars grow slowly.
    const open_ms = Math.max(OPEN_MS, Math.min(CLOSED_MS, piece.bucket / 2000));
    const most = end > piece.ms * 1000 - WRITTEN_US ? open_ms : CLOSED_MS;
    return Date.now() - piece.ms > most;
  }

  #keep(at: string, piece: Piece): void {
    this.#pieces.delete(at);
    this.#pieces.set(at, piece);
    while (this.#pieces.size > MOST_KEPT) this.#pieces.delete(this.#pieces.keys().next().value ?? '');
  }

  #askMarks(anew: boolean): void {
    const want = this.#want;
    if (!want || want.cameras.length === 0) {
      this.bookmarks = [];
      this.holds = [];
      this.#marks_key = '';
      return;
    }
    // A range that is wider than what is seen, in whole spans: panning a little asks for nothing.
    const { start, length } = want.span;
    const unit = 2 ** Math.ceil(Math.log2(length));
    const from = (Math.floor(start / unit) - 1) * unit;
    const to = from + 4 * unit;
    const range = `${from} ${to} ${want.cameras.join()}`;
    if (!anew && range === this.#marks_key) return;
    this.#marks_key = range;
    clearTimeout(this.#marks_timer);
    this.#marks_timer = setTimeout(() => void this.#fetchMarks(want.cameras, from, to, range), MARKS_MS);
  }

  async #fetchMarks(cameras: CameraId[], from: UtcMicros, to: UtcMicros, range: string): Promise<void> {
    const of = <T>(list: Promise<T[]>) => list.catch(() => null);
    const [bookmarks, holds] = await Promise.all([
      of(this.#backend.call('bookmark.list', { from, to, cameras, text: '', hidden: false, limit: 500 })),
      of(this.#backend.call('hold.list', { from, to, cameras, ended: false })),
    ]);
    if (range !== this.#marks_key) return;
    if (bookmarks) this.bookmarks = bookmarks;
    if (holds) this.holds = holds;
    if (!bookmarks || !holds) this.#marks_key = '';
    this.version += 1;
  }
}

function key(camera: CameraId, bucket: number, index: number): string {
  return `${bucket} ${index} ${camera}`;
}

function indices({ start, length }: Span, bucket: number): number[] {
  const piece = bucket * PIECE_BARS;
  const first = Math.floor(start / piece);
  const last = Math.floor((start + length) / piece);
  return Array.from({ length: Math.min(64, last - first + 1) }, (_, i) => first + i);
}
