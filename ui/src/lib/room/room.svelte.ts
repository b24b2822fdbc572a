// The room as this page knows it: fetched whole on joining, then kept up by events. Lost events are mended by fetching
// everything again (`resync`, or a rejoin).

import { SvelteMap } from 'svelte/reactivity';
import type {
  Backend,
  Camera,
  CameraId,
  Category,
  FeedItem,
  LinkState,
  Recording,
  Room,
  RoomStatus,
  Session,
  Unit,
  UnitId,
} from '../backend/backend';
import { asFailure, isRefused } from '../backend/backend';
import { followLocale, locale } from '../words/words.svelte';
import { feedId, feedTime } from './feed';

/** So much that 240 cameras lost together stand there as one thing. */
const FEED_FIRST = 300;
const FEED_MOST = 500;
const REFETCH_MS = 1000;
const FIGURES_MS = [1200, 5000];
/** The station tells its figures every 2 s: one that is joined and so long silent hangs, and its pictures with it. */
const SILENT_MS = 6500;

export class RoomState {
  room = $state.raw<Room | null>(null);
  status = $state.raw<RoomStatus | null>(null);
  units = $state.raw<Unit[]>([]);
  categories = $state.raw<Category[]>([]);
  feed = $state.raw<FeedItem[]>([]);
  /** Whether the feed goes on into the past. */
  feed_more = $state(false);
  link = $state<LinkState>('joining');
  /** Since when the station does not answer, by this page's clock. */
  lost_ms = $state<number | null>(null);
  /** Everything was fetched at least once. */
  loaded = $state(false);
  readonly cameras = new SvelteMap<CameraId, Camera>();
  /** Who is signed in here, by name; null: nobody needs to. */
  signed = $state<string | null>(null);

  /** Cameras in the order of the tree: unit by unit, then by code. */
  readonly ordered: Camera[] = $derived.by(() => {
    const rank = new Map<UnitId | null, number>(this.units.map((unit, i) => [unit.id, i]));
    const of = (camera: Camera) => rank.get(camera.unit) ?? Number.MAX_SAFE_INTEGER;
    const by_code = (a: Camera, b: Camera) => a.code.localeCompare(b.code, 'vi', { numeric: true });
    return [...this.cameras.values()].sort((a, b) => of(a) - of(b) || by_code(a, b));
  });

  /** As what is written here is signed. */
  get me(): string {
    return this.signed ?? this.room?.operator ?? '';
  }

  readonly backend: Backend;
  #lists = 0;
  #meanwhile: (() => void)[] = [];
  #heard_ms = 0;
  #fetching = false;
  #again = false;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  /** Starts listening and fetching. */
  join(): () => void {
    const b = this.backend;
    const offs = [
      b.on('room.changed', (room) => this.#apply(() => this.takeRoom(room))),
      b.on('room.status', (status) => {
        this.status = status;
        this.#heard_ms = Date.now();
        if (this.link === 'joined') this.lost_ms = null;
      }),
      b.on('camera.changed', (camera) => this.#apply(() => this.takeCamera(camera))),
      b.on('camera.deleted', (id) => this.#apply(() => void this.cameras.delete(id))),
      b.on('unit.changed', (unit) => this.#apply(() => this.takeUnit(unit))),
      b.on('session.changed', (session) => this.#apply(() => this.takeSession(session))),
      b.on('recording.changed', (recording) => this.#apply(() => this.takeRecording(recording))),
      b.on('alarm.changed', (item) => this.#apply(() => this.takeFeed({ kind: 'alarm', item }))),
      b.on('feed.changed', (item) => this.#apply(() => this.takeFeed(item))),
      b.on('resync', () => void this.fetchAll()),
      b.onLink((link) => {
        const before = this.link;
        this.link = link;
        if (link === 'lost') this.lost_ms ??= Date.now();
        else if (link === 'joined') this.lost_ms = null;
        if (link === 'joined' && before !== 'joined') this.#heard_ms = Date.now();
        if (link === 'joined' && before !== 'joined') void this.fetchAll();
      }),
    ];
    const listening = setInterval(() => {
      if (this.link === 'joined' && Date.now() - this.#heard_ms > SILENT_MS) this.lost_ms ??= this.#heard_ms;
    }, 1000);
    offs.push(() => clearInterval(listening));
    void this.fetchAll();
    return () => offs.forEach((off) => off());
  }

  /** Events overtake the reply of a list that is older than they are: those that come meanwhile are applied again. */
  #apply(change: () => void): void {
    change();
    if (this.#lists > 0) this.#meanwhile.push(change);
  }

  async #whileListing(fetch: () => Promise<void>): Promise<void> {
    this.#lists += 1;
    try {
      await fetch();
      for (const change of this.#meanwhile) change();
    } finally {
      this.#lists -= 1;
      if (this.#lists === 0) this.#meanwhile = [];
    }
  }

  async fetchAll(): Promise<void> {
    if (this.#fetching) {
      this.#again = true;
      return;
    }
    this.#fetching = true;
    try {
      await this.#whileListing(async () => {
        const b = this.backend;
        // Its name and language are for everybody, also for whoever has yet to sign in.
        this.takeRoom(await b.call('room.get', null));
        const [units, categories, cameras, feed] = await Promise.all([
          b.call('unit.list', null),
          b.call('category.list', null),
          b.call('camera.list', null),
          // Whoever only keeps the machines running does not read it; at a locked desk nobody does.
          b.call('feed.list', { before: null, limit: FEED_FIRST }).catch((thrown: unknown) => {
            if (!isRefused(thrown)) throw thrown;
            return [];
          }),
        ]);
        this.units = units;
        this.categories = categories;
        this.takeCameras(cameras);
        this.feed = feed;
        this.feed_more = feed.length === FEED_FIRST;
        this.loaded = true;
      });
    } catch (thrown) {
      // Whoever signs in fetches it again.
      if (isRefused(thrown)) return;
      console.warn('fetch', asFailure(thrown).problem.key);
      setTimeout(() => void this.fetchAll(), REFETCH_MS);
    } finally {
      this.#fetching = false;
      if (this.#again) {
        this.#again = false;
        void this.fetchAll();
      }
    }
  }

  /** The present figures of all sessions, which no event brings. */
  async fetchFigures(): Promise<void> {
    await this.#whileListing(async () => this.takeCameras(await this.backend.call('camera.list', null)));
  }

  async fetchOlderFeed(): Promise<void> {
    const last = this.feed.at(-1);
    if (!last || this.feed.length >= FEED_MOST) return;
    const older = await this.backend.call('feed.list', { before: feedTime(last), limit: FEED_FIRST });
    const known = new Set(this.feed.map(feedId));
    this.feed = [...this.feed, ...older.filter((item) => !known.has(feedId(item)))];
    this.feed_more = older.length === FEED_FIRST && this.feed.length < FEED_MOST;
  }

  /** Nothing of the one who left stays on the screen. */
  forget(): void {
    this.feed = [];
    this.feed_more = false;
  }

  takeRoom(room: Room): void {
    this.room = room;
    followLocale(room.settings.language);
  }

  takeUnit(unit: Unit): void {
    const known = this.units.some((u) => u.id === unit.id);
    this.units = known ? this.units.map((u) => (u.id === unit.id ? unit : u)) : [...this.units, unit];
  }

  takeCameras(cameras: Camera[]): void {
    const ids = new Set(cameras.map((camera) => camera.id));
    for (const id of this.cameras.keys()) if (!ids.has(id)) this.cameras.delete(id);
    for (const camera of cameras) this.takeCamera(camera);
  }

  takeCamera(camera: Camera): void {
    this.cameras.set(camera.id, camera);
  }

  takeSession(session: Session): void {
    const camera = this.cameras.get(session.camera);
    if (!camera) return;
    const before = camera.sessions.find((s) => s.which === session.which);
    const others = camera.sessions.filter((s) => s.which !== session.which);
    this.cameras.set(camera.id, { ...camera, sessions: [...others, session] });
    if (session.state.phase === 'live' && (session.stats.height_px === 0 || before?.state.phase !== 'live')) {
      this.#askFigures(camera.id);
    }
  }

  /** A session that has just become live does not know its size yet: it is asked again, twice at most. */
  #askFigures(camera: CameraId): void {
    for (const wait_ms of FIGURES_MS) {
      setTimeout(() => {
        const known = this.cameras.get(camera);
        if (!known || known.sessions.every((s) => s.state.phase !== 'live' || s.stats.height_px > 0)) return;
        this.backend.call('camera.health', camera).then(
          (sessions) => {
            const now = this.cameras.get(camera);
            if (now) this.cameras.set(camera, { ...now, sessions });
          },
          () => {},
        );
      }, wait_ms);
    }
  }

  takeRecording(recording: Recording): void {
    const camera = this.cameras.get(recording.camera);
    if (!camera) return;
    const others = camera.recordings.filter((r) => r.which !== recording.which);
    this.cameras.set(camera.id, { ...camera, recordings: [...others, recording] });
  }

  takeFeed(item: FeedItem): void {
    const id = feedId(item);
    const rest = this.feed.filter((other) => feedId(other) !== id);
    const at = feedTime(item);
    const index = rest.findIndex((other) => feedTime(other) <= at);
    const next = index < 0 ? [...rest, item] : [...rest.slice(0, index), item, ...rest.slice(index)];
    this.feed = next.slice(0, FEED_MOST);
  }

  categoryName(code: string): string {
    const category = this.categories.find((c) => c.code === code);
    if (!category) return code;
    return locale() === 'vi' ? category.name_vi : category.name_en;
  }

  unitName(id: UnitId | null): string | null {
    return this.units.find((unit) => unit.id === id)?.name ?? null;
  }
}
