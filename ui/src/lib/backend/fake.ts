// A station in memory, for tests and for work on the screens (`?fake=16` in the dev server). Not in the built page.

import {
  Failure,
  Listeners,
  type Backend,
  type Camera,
  type CameraDraft,
  type CameraTest,
  type Code,
  type Commands,
  type EventData,
  type EventName,
  type FeedItem,
  type LinkState,
  type Look,
  type LossReason,
  type PixelDoor,
  type Room,
  type RoomStatus,
  type Session,
  type SessionPhase,
  type StreamKind,
  type Surface,
  type Unit,
  type WallMemory,
  type WindowInfo,
} from './backend';
import { CATEGORIES, PLACES, UNITS } from './fake-names';
import { AROUND_THE_CLOCK, FakeKeep, recordings } from './fake-keep';
import { FakeBackup } from './fake-backup';
import { FakeCasebook } from './fake-casebook';
import { fakeHealth, type HealthHandlers } from './fake-health';
import { FakeLayouts } from './fake-layouts';
import { FakePeople } from './fake-people';
import { FakePixels } from './fake-pixels';
import { FakeReport } from './fake-report';
import { FakeReview } from './fake-review';
import { FakeShell } from './fake-shell';
import { FakeShift } from './fake-shift';
import { newId } from './ids';
import { feedTime } from '../room/feed';

const SECOND_US = 1_000_000;
const now = () => Date.now() * 1000;

function problem(code: Code, key: string, field: string | null = null, params: Record<string, string> = {}): Failure {
  return new Failure({ code, key, field, params, detail: '' });
}

/** A command without a handler is refused as unknown. */
export type Handlers = { [K in keyof Commands]?: (args: Commands[K]['args']) => Commands[K]['reply'] | Promise<Commands[K]['reply']> };

export class FakeBackend implements Backend {
  readonly #listeners = new Listeners();
  readonly #cameras = new Map<string, Camera>();
  readonly #units: Unit[] = [];
  readonly #feed: FeedItem[] = [];
  readonly #pixels: FakePixels;
  /** Bookmarks, holds, copies, volumes, alarms, neighbours. */
  readonly keep: FakeKeep;
  /** Layouts and tours. */
  readonly layouts: FakeLayouts;
  /** Who works here, who sits at this desk. */
  readonly people: FakePeople;
  /** Incidents, audit, search. */
  readonly casebook: FakeCasebook;
  /** The shift book. */
  readonly shift: FakeShift;
  readonly backup: FakeBackup;
  /** Statistics, saved filters, the daily sheet. */
  readonly report: FakeReport;
  /** The archive: playheads, timeline. */
  readonly review: FakeReview;
  readonly #health: HealthHandlers = fakeHealth({ cameras: () => [...this.#cameras.values()], status: () => this.#figures() });
  /** The window around the page. */
  readonly fake_shell = new FakeShell();
  readonly #window: WindowInfo;
  /** Every call, for tests. */
  readonly calls: { name: string; args: unknown }[] = [];
  /** The next call of this command fails so. */
  readonly failing = new Map<string, Failure>();
  readonly #memories = new Map<string, WallMemory>();
  #room: Room;
  #look: Look | null = null;

  /**
   * Options: `lost=0` for no abnormal camera, `line=12` for so many on one line lost, `critical` for no disk, `layouts` for
   * some saved ones, `language`, `operator`, `theme`, `text`, `window`, `bare`, `came_back`, `closing` for the question of the
   * close button, `people` for a room with people: `in`, `out`, `locked`, or who is signed in; `idle` locks after so many
   * seconds.
   */
  constructor(cameras: number, options: URLSearchParams = new URLSearchParams()) {
    const language = options.get('language') ?? 'vi';
    this.#look = { theme: (options.get('theme') ?? 'dark') as Look['theme'], text_percent: Number(options.get('text') ?? 100) };
    this.#window = { window: options.get('window') ?? 'main', presenter: 'page', bare: options.has('bare'), came_back: options.has('came_back') ? now() - 2 * SECOND_US : null };
    this.#room = {
      name: 'Ea Siên',
      operator: options.get('operator') ?? 'Trực ban 02',
      version: '0.1.0',
      data_folder: '/home/truc/.local/share/easien',
      prefix: 'ES',
      settings: {
        name: 'Ea Siên',
        operator: options.get('operator') ?? 'Trực ban 02',
        language,
        bookmark_pre_s: 30,
        bookmark_post_s: 60,
        still_format: 'png',
        keep_days: 30,
        copy_folder: '',
        alarm_after_s: 10,
        lock_after_s: 600,
        alarm_sound: { critical: 'siren', high: 'chime', medium: 'soft', low: 'none', volume: 50, repeat_s: 20, muted_until: null },
        station_prefix: '',
        hold_after_close_days: 90,
        checkpoint_folders: ['/media/usb/easien'],
        attachment_most_mb: 100,
      },
      recording: true,
      master_key: 'file',
      sandbox: 'process',
      can_simulate: true,
    };
    this.#fill(cameras, options.get('lost') !== '0', Number(options.get('line') ?? 0));
    this.#pixels = new FakePixels(
      (id) => this.#cameras.get(id),
      (window, camera) => {
        const at = this.review.at(window);
        return at !== null && !this.review.missing(camera, at) ? at : null;
      },
    );
    this.review = new FakeReview({
      camera: (id) => this.#cameras.get(id),
      picture: (camera, width, height, at) => this.#pixels.picture(camera, width, height, at),
      bookmarks: () => this.keep.bookmarks,
      tell: (event, data) => this.#listeners.tell(event, data),
    });
    const tell = <N extends EventName>(event: N, data: EventData<N>) => this.#listeners.tell(event, data);
    const log = (command: string, object: string) => this.casebook.log(command, object);
    this.people = new FakePeople({ operator: () => this.#room.operator, log, tell }, options.get('people'));
    this.people.idle_s = Number(options.get('idle') ?? 0);
    const who = () => this.people.who;
    this.layouts = new FakeLayouts(
      { cameras: () => [...this.#cameras.values()], operator: who, tell: (event, data) => this.#listeners.tell(event, data) },
      options.has('layouts'),
    );
    this.keep = new FakeKeep(
      {
        cameras: () => [...this.#cameras.values()],
        operator: who,
        keepDays: () => this.#room.settings.keep_days,
        tell: (event, data) => this.#listeners.tell(event, data),
        tellFeed: (item) => this.#tellFeed(item),
      },
      cameras > 0 && options.get('lost') !== '0',
    );
    if (cameras > 0 && options.get('lost') !== '0') this.#fillFeed();
    const filled = cameras > 0 && options.get('lost') !== '0';
    this.casebook = new FakeCasebook(
      {
        cameras: () => [...this.#cameras.values()], units: () => this.#units, who, roles: () => this.people.roles, bookmarks: () => this.keep.bookmarks,
        feed: () => this.#feed, people: () => this.people.people, shifts: () => this.shift.shifts, tell, tellFeed: (item) => this.#tellFeed(item),
      },
      filled,
    );
    const sign = (from: string, from_password: string, to: string, to_password: string) => ({
      from: this.people.check(from, from_password, 'from_password').name,
      desk: this.people.signIn(to, to_password),
      to: this.people.who,
    });
    this.shift = new FakeShift({ cameras: () => [...this.#cameras.values()], who, open: () => this.casebook.open(), sign, log, tell }, filled);
    this.backup = new FakeBackup({ who, log, tell }, filled);
    this.report = new FakeReport({ cameras: () => [...this.#cameras.values()], incidents: () => this.casebook.all(), volumes: () => this.keep.volumes, who });
    if (options.has('critical')) this.#noDisk();
    setTimeout(() => this.#listeners.tellLink('joined'), 0);
    if (options.has('closing')) setTimeout(() => this.fake_shell.say({ kind: 'close_asked' }), 1000);
    if (typeof document !== 'undefined') setInterval(() => this.#status(), 2000);
  }

  #noDisk(): void {
    this.#room = { ...this.#room, recording: false };
    for (const camera of this.#cameras.values()) {
      camera.recordings = camera.recordings.map((r) => (r.phase === 'recording' ? { ...r, phase: 'failing', since: now() - 60 * SECOND_US, cause: { cause: 'disk_failed' } } : r));
    }
    this.keep.raise({
      id: newId(), kind: 'no_volume', priority: 'critical', camera: null, volume: null, subject: '', detail: '',
      raised: now() - 60 * SECOND_US, cleared: null, acknowledged: null, acknowledged_by: null, comment: '', cameras: [], shared: null,
    });
  }

  #fill(cameras: number, some_lost: boolean, line: number): void {
    UNITS.slice(0, Math.max(1, Math.ceil(cameras / 20))).forEach((name) => this.#units.push({ id: newId(), name }));
    for (let i = 0; i < cameras; i += 1) {
      const unit = this.#units[Math.min(Math.floor(i / 20), this.#units.length - 1)];
      const camera = this.#make(i, unit?.id ?? null);
      const lost: Record<number, LossReason> = { 9: 'unreachable', 13: 'unauthorized' };
      const reason = some_lost ? lost[i] : undefined;
      if (reason) camera.sessions = [session(camera.id, 'sub', 'retrying', reason)];
      if (i >= 20 && i < 20 + line) camera.sessions = [session(camera.id, 'sub', 'retrying', 'unreachable')];
      if (some_lost && i === 6) camera.sessions = [session(camera.id, 'sub', 'stalled', 'stalled')];
      if (some_lost && i === 14) camera.sessions = [session(camera.id, 'sub', 'connecting', null)];
      if (some_lost && i === 11) camera.record = { ...AROUND_THE_CLOCK, streams: 'off' };
      if (some_lost && i === 12) camera.record = { ...AROUND_THE_CLOCK, streams: 'sub', keep_days: 7 };
      camera.recordings = recordings(camera);
      // A picture that comes and that no disk takes.
      if (some_lost && i === 3) {
        camera.recordings = camera.recordings.map((r) => ({ ...r, phase: 'failing', cause: { cause: 'disk_failed' }, bitrate_bps: 0 }));
      }
      this.#cameras.set(camera.id, camera);
    }
  }

  #make(i: number, unit: string | null): Camera {
    const id = newId();
    const number = String(i + 1).padStart(3, '0');
    return {
      id,
      code: `C${number}`,
      name: PLACES[i % PLACES.length] ?? '',
      unit,
      place: i % 3 === 0 ? `QL14, km ${12 + i}` : '',
      main_url: `rtsp://10.20.1.${10 + i}:554/luong1`,
      sub_url: `rtsp://10.20.1.${10 + i}:554/luong2`,
      username: 'xem',
      has_password: true,
      transport: null,
      sessions: [session(id, 'sub', 'live', null)],
      record: AROUND_THE_CLOCK,
      recordings: [],
    };
  }

  #fillFeed(): void {
    const cameras = [...this.#cameras.values()];
    const at = (i: number) => cameras[i % cameras.length];
    const author = this.#room.operator;
    const minutes = (n: number) => now() - n * 60 * SECOND_US;
    const note = (text: string, camera: Camera | undefined, ago: number, category: string | null) =>
      this.#feed.push({
        kind: 'note',
        item: { id: newId(), text, camera: camera?.id ?? null, at: minutes(ago), category, author, created: minutes(ago) },
      });
    note('Xe máy đi ngược chiều, hai người không đội mũ bảo hiểm, chạy về hướng chợ.', at(1), 1, 'traffic');
    const lost = at(9);
    if (lost) {
      const item = { id: newId(), camera: lost.id, lost: minutes(4), back: null, reason: 'unreachable' as const };
      this.#feed.push({ kind: 'camera', item });
    }
    for (const item of this.keep.bookmarks.slice(0, 4)) this.#feed.push({ kind: 'bookmark', item });
    this.#feed.push(...this.keep.feed());
    note('Nhóm thanh niên tụ tập trước cổng trường, đã báo Công an xã nhắc nhở, giải tán lúc 14:20.', at(2), 20, 'order');
    note('Đốt rác ven đường liên xã, khói lớn.', at(8), 37, 'environment');
    for (let i = 0; i < 3; i += 1) {
      const camera = at(10 + i);
      if (!camera) continue;
      const item = { id: newId(), camera: camera.id, lost: minutes(55), back: minutes(52), reason: 'closed' as const };
      this.#feed.push({ kind: 'camera', item });
    }
    note('Nhận ca từ Trực ban 01. Thiết bị bình thường, 1 vụ đang theo dõi.', undefined, 90, null);
    this.#feed.sort((a, b) => feedTime(b) - feedTime(a));
  }

  #status(): void {
    this.#listeners.tell('room.status', this.#figures());
  }

  #figures(): RoomStatus {
    const all = [...this.#cameras.values()];
    const live = all.filter((c) => c.sessions.some((s) => s.state.phase === 'live')).length;
    return {
      cameras: all.length,
      live,
      recording: all.filter((c) => c.recordings.some((r) => r.phase === 'recording')).length,
      not_recording: all.filter((c) => c.recordings.some((r) => r.phase === 'waiting' || r.phase === 'failing')).length,
      storage_days: all.length > 0 ? 23.4 : null,
      storage_free_bytes: 4.1e12,
      cpu: 0.14,
      cpu_core: 0.28,
      rss_bytes: 2.1e8,
      network_bps: live * 412_000,
      disk_free_bytes: 4.1e12,
      workers: 2,
      glass_ms: 48,
      painted_fps: 15,
      pictures_core: 0.21,
      pictures_budget_core: 1.5,
      pictures_level: 0,
    };
  }

  /** For tests: what the station would say. */
  say<N extends EventName>(event: N, data: EventData<N>): void {
    this.#listeners.tell(event, data);
  }

  /** For tests: the station goes or comes back. */
  setLink(state: LinkState): void {
    this.#listeners.tellLink(state);
  }

  async call<K extends keyof Commands>(name: K, args: Commands[K]['args']): Promise<Commands[K]['reply']> {
    this.calls.push({ name, args });
    const failure = this.failing.get(name);
    if (failure) {
      this.failing.delete(name);
      throw failure;
    }
    const refusal = this.people.refusal(name);
    if (refusal) throw refusal;
    const handlers: Handlers = { ...this.people.handlers, ...this.casebook.handlers, ...this.shift.handlers, ...this.backup.handlers, ...this.keep.handlers, ...this.report.handlers, ...this.review.handlers, ...this.layouts.handlers, ...this.#health, ...this.#handlers };
    const handler = handlers[name] as ((args: unknown) => unknown) | undefined;
    if (!handler) throw problem('Unsupported', 'problem_unknown_command', null, { command: name });
    return structuredClone(await handler(structuredClone(args))) as Commands[K]['reply'];
  }

  #tellFeed(item: FeedItem): void {
    const known = this.#feed.findIndex((other) => other.kind === item.kind && other.item.id === item.item.id);
    if (known >= 0) this.#feed.splice(known, 1);
    this.#feed.unshift(item);
    this.#listeners.tell('feed.changed', structuredClone(item));
  }

  readonly #handlers: Handlers = {
    'room.get': () => this.#room,
    'room.set': (settings) => {
      if (settings.name.trim() === '') throw problem('Invalid', 'problem_room_name', 'name');
      this.#room = { ...this.#room, name: settings.name, operator: settings.operator, settings };
      this.#listeners.tell('room.changed', this.#room);
      return this.#room;
    },
    'room.simulate': async ({ cameras }) => {
      await new Promise((go) => setTimeout(go, 3000));
      this.#fill(cameras, false, 0);
      return [...this.#cameras.values()];
    },
    'unit.list': () => this.#units,
    'unit.put': (unit) => {
      if (this.#units.some((u) => u.name === unit.name)) throw problem('Conflict', 'problem_unit_name_taken', 'name', { name: unit.name });
      this.#units.push(unit);
      return unit;
    },
    'category.list': () => CATEGORIES,
    'camera.list': () => [...this.#cameras.values()],
    'camera.add': (draft) => this.#save(draft),
    'camera.update': (draft) => this.#save(draft),
    'camera.delete': (id) => {
      this.#cameras.delete(id);
      this.#listeners.tell('camera.deleted', id);
      return null;
    },
    'camera.test': (draft) => this.#test(draft),
    'camera.activity': () => {
      const moves = (i: number) => 50 + 48 * Math.sin(Date.now() / 40_000 + i * 1.7);
      return [...this.#cameras.values()]
        .filter((camera) => camera.sessions.some((s) => s.state.phase === 'live'))
        .map((camera, i) => ({ camera: camera.id, level: Math.round(i % 5 === 0 ? moves(i) : (i * 7) % 29) }));
    },
    'camera.health': (id) => this.#cameras.get(id)?.sessions ?? [],
    'wall.show': (shown) => {
      this.review.show(shown);
      return this.#pixels.show(shown);
    },
    'wall.report': () => null,
    'page.open': () => ({ url: 'ws://127.0.0.1:1/?token=fake' }),
    'window.ask': () => null,
    'station.stop': () => null,
    'audio.listen': () => null,
    'audio.stop': () => null,
    'wall.recall': (window) => this.#memories.get(window) ?? null,
    'wall.remember': (memory) => {
      this.#memories.set(memory.window, { ...memory, who: this.people.who, at: now() });
      return null;
    },
    'still.take': ({ id, camera, which }) => {
      const thumbnail = this.#pixels.picture(camera, 320, 180);
      const item = {
        id,
        camera,
        which,
        at: now(),
        clock_offset_us: 84_000,
        width_px: which === 'main' ? 1920 : 640,
        height_px: which === 'main' ? 1080 : 360,
        file: `2026-11-23/C001_${id}.png`,
        bytes: 812_345,
        sha256: 'f'.repeat(64),
        thumbnail,
        author: this.people.who,
      };
      this.#tellFeed({ kind: 'still', item });
      return item;
    },
    'still.list': ({ limit }) => this.#feed.flatMap((f) => (f.kind === 'still' ? [f.item] : [])).slice(0, limit),
    'still.picture': (id) => {
      const found = this.#feed.find((f) => f.item.id === id);
      if (found?.kind !== 'still') throw problem('NotFound', 'problem_still_not_found');
      return { url: this.#pixels.picture(found.item.camera, 1280, 720) };
    },
    'note.add': (draft) => {
      const item = { ...draft, author: this.people.who, created: now() };
      this.#tellFeed({ kind: 'note', item });
      return item;
    },
    'feed.list': ({ limit }) => this.#feed.slice(0, limit),
  };

  #save(draft: CameraDraft): Camera {
    if (draft.main_url === '') throw problem('Invalid', 'problem_camera_url_empty', 'main_url');
    if (draft.name === '') throw problem('Invalid', 'problem_camera_name', 'name');
    const { password, record, ...rest } = draft;
    const before = this.#cameras.get(draft.id);
    const camera: Camera = {
      ...rest,
      code: rest.code || `C${String(this.#cameras.size + 1).padStart(3, '0')}`,
      has_password: password === null ? (before?.has_password ?? false) : password !== '',
      sessions: before?.sessions ?? [session(draft.id, 'sub', 'live', null)],
      record: record ?? before?.record ?? AROUND_THE_CLOCK,
      recordings: [],
    };
    camera.recordings = recordings(camera);
    this.#cameras.set(camera.id, camera);
    return camera;
  }

  async #test(draft: CameraDraft): Promise<CameraTest> {
    await new Promise((go) => setTimeout(go, 1200));
    const good = {
      failure: null,
      detail: '',
      codec: 'H264' as const,
      width_px: 1920,
      height_px: 1080,
      fps: 25,
      bitrate_bps: 3_020_000,
      transport: 'tcp' as const,
      audio: 'Aac' as const,
      picture: this.#pixels.picture(draft.id, 640, 360),
    };
    const bad = { ...good, failure: 'unauthorized' as const, codec: null, picture: null, audio: null, detail: '401 Unauthorized to DESCRIBE' };
    return draft.password === 'sai' ? { main: bad, sub: null } : { main: good, sub: draft.sub_url ? { ...bad, failure: 'not_found', detail: '404 Not Found to DESCRIBE' } : null };
  }

  on<N extends EventName>(event: N, fn: (data: EventData<N>) => void): () => void {
    return this.#listeners.on(event, fn as (data: never) => void);
  }

  onLink(fn: (state: LinkState) => void): () => void {
    return this.#listeners.onLink(fn);
  }

  async windowInfo(): Promise<WindowInfo> {
    return { ...this.#window, look: this.#look };
  }

  keepLook(look: Look): void {
    this.#look = look;
  }

  surface(): Surface | null {
    return null;
  }

  shell(): FakeShell {
    return this.fake_shell;
  }

  async pixels(): Promise<PixelDoor> {
    return {
      call: (name, args) => this.call(name, args),
      onBatch: (fn) => this.#pixels.onBatch(fn),
      acknowledge: (batch) => this.#pixels.acknowledge(batch),
      onLink: (fn) => this.onLink(fn),
      close: () => this.#pixels.stop(),
    };
  }
}

/** A session in a state, as ingest would tell it. */
export function session(camera: string, which: StreamKind, phase: SessionPhase, reason: LossReason | null): Session {
  const lost = phase === 'retrying' || phase === 'stalled';
  const since = now() - (phase === 'retrying' ? 252 : 4) * SECOND_US;
  return {
    camera,
    which,
    state: {
      phase,
      since,
      reason,
      next_try: phase === 'retrying' ? now() + 8 * SECOND_US : null,
      attempt: lost ? 5 : 0,
      transport: phase === 'live' ? 'tcp' : null,
    },
    stats: {
      codec: 'H264',
      width_px: 640,
      height_px: 360,
      fps: 15,
      bitrate_bps: 412_000,
      loss: 0,
      lost_packets: 0,
      key_interval_s: 2,
      last_sample: now(),
      activity: 0.2,
      clock_offset_us: 84_000,
      audio: null,
      viewer_drops: 0,
      reconnects: 0,
    },
  };
}
