// What the station in memory keeps: bookmarks, holds, copies, volumes, alarms, neighbours. Part of fake.ts.

import { Failure } from './backend';
import type {
  Alarm, AlarmKind, AlarmPriority, Bookmark, BookmarkVersion, Camera, Code, Commands, Copy, CopyDraft, CopyFile, EventData, EventName,
  FeedItem, Hold, Neighbours, RecordProfile, Recording, StoragePlan, StreamKind, Volume,
} from './backend';
import { fits } from '../words/fold';
import { newId } from './ids';

const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;
const DAY_US = 86_400 * SECOND_US;
const GB = 1e9;
const now = () => Date.now() * 1000;

/** What the whole of the station in memory gives to this part of it. */
export interface KeepRoom {
  cameras(): Camera[];
  operator(): string;
  keepDays(): number;
  tell<N extends EventName>(event: N, data: EventData<N>): void;
  tellFeed(item: FeedItem): void;
}

type Kept =
  | 'bookmark.add' | 'bookmark.update' | 'bookmark.list' | 'bookmark.history' | 'bookmark.hide'
  | 'hold.add' | 'hold.lift' | 'hold.list'
  | 'copy.estimate' | 'copy.start' | 'copy.cancel' | 'copy.list'
  | 'neighbour.list' | 'neighbour.put'
  | 'volume.list' | 'volume.inspect' | 'volume.put' | 'volume.remove'
  | 'storage.plan' | 'alarm.list' | 'alarm.acknowledge';

export type KeepHandlers = { [K in Kept]: (args: Commands[K]['args']) => Commands[K]['reply'] | Promise<Commands[K]['reply']> };

function problem(code: Code, key: string, field: string | null = null, params: Record<string, string> = {}): Failure {
  return new Failure({ code, key, field, params, detail: '' });
}

export const AROUND_THE_CLOCK: RecordProfile = { streams: 'both', schedule: [], keep_days: null };

/** The recordings of a camera: as its sessions are. */
export function recordings(camera: Pick<Camera, 'id' | 'sub_url' | 'record' | 'sessions'>): Recording[] {
  const { streams } = camera.record;
  const wanted = (which: StreamKind) => streams === 'both' || streams === which;
  const kinds = camera.sub_url === '' ? (['main'] as const) : (['main', 'sub'] as const);
  const lost = camera.sessions.find((s) => s.state.phase === 'retrying' || s.state.phase === 'stalled');
  return kinds.map((which) => ({
    camera: camera.id,
    which,
    phase: !wanted(which) ? 'off' : lost ? 'waiting' : 'recording',
    since: lost?.state.since ?? now() - 5 * 3600 * SECOND_US,
    cause: !wanted(which) ? { cause: 'stopped' } : lost ? { cause: 'camera_lost', reason: lost.state.reason } : null,
    bitrate_bps: !wanted(which) || lost ? 0 : which === 'main' ? 2_810_000 : 398_000,
  }));
}

export class FakeKeep {
  readonly #room: KeepRoom;
  readonly bookmarks: Bookmark[] = [];
  readonly #versions = new Map<string, BookmarkVersion[]>();
  readonly #holds: Hold[] = [];
  readonly #copies: Copy[] = [];
  readonly #alarms: Alarm[] = [];
  readonly #neighbours = new Map<string, Neighbours>();
  #volumes: Volume[] = [];

  get volumes(): Volume[] {
    return this.#volumes;
  }

  constructor(room: KeepRoom, abnormal: boolean) {
    this.#room = room;
    const cameras = room.cameras();
    this.#volumes = [volume('Ổ 1', '/mnt/ghi1', 8000, 5900, 'ready'), volume('Ổ 2', '/mnt/ghi2', 8000, 6020, 'ready')];
    if (cameras.length === 0) return;
    this.#fill(cameras);
    const lost = cameras.filter((camera) => camera.sessions.some((s) => s.state.phase === 'retrying' || s.state.phase === 'stalled'));
    const line = lost.filter((camera) => cameras.indexOf(camera) >= 20);
    for (const camera of lost) if (!line.includes(camera)) this.#raiseCameras([camera], null);
    if (line.length > 0) this.#raiseCameras(line, { by: 'network', value: '10.20.1' });
    if (!abnormal) return;
    this.#volumes.push(volume('Ổ 3', '/mnt/ghi3', 4000, 3200, 'degraded', 'fsync: Input/output error (os error 5)'));
    this.#raise('volume_failed', 'high', 47, 'Ổ 3', this.#volumes[2]?.id ?? null);
    this.#raise('clock_stepped', 'medium', 190, '3612', null);
    this.#raise('index_rebuilt', 'low', 400, '128', null, true);
  }

  #fill(cameras: Camera[]): void {
    const texts: [string, string | null, string, string[], number, number][] = [
      ['Nghi vấn mang pháo', 'fireworks', 'violet', ['xe Wave đỏ', 'hai người'], 54, 160],
      ['Đi ngược chiều, không mũ', 'traffic', 'blue', ['xe máy'], 1, 90],
      ['Va chạm xe tải – xe máy', 'traffic', 'amber', ['xe tải'], 320, 150],
      ['Người lạ trước cửa tiệm vàng', 'theft', '', [], 708, 205],
      ['', null, '', [], 1500, 90],
      ['Đổ rác trộm ven suối, xe ba gác không biển số, chở nhiều chuyến trong đêm', 'environment', 'green', ['xe ba gác', 'đêm'], 2900, 1800],
    ];
    texts.forEach(([title, category, colour, tags, minutes_ago, seconds], i) => {
      const at = now() - minutes_ago * MINUTE_US;
      const first = cameras[(i * 3 + 1) % cameras.length];
      const second = cameras[(i * 3 + 2) % cameras.length];
      if (!first || !second) return;
      const ids = i % 2 === 0 && first !== second ? [first.id, second.id] : [first.id];
      const mark: Bookmark = {
        id: newId(), cameras: ids, at, start: at - 30 * SECOND_US, end: at + (seconds - 30) * SECOND_US, author: i === 2 ? 'Trực ban 01' : this.#room.operator(),
        created: at, edits: i === 0 ? 1 : 0, recorded: i !== 4, held: i < 4, hidden: null, title, category, tags, note: i === 0 ? 'Dừng trước cổng chợ, mở cốp đưa một túi đen.' : '', colour,
      };
      this.bookmarks.push(mark);
      const version = (number: number, text: string): BookmarkVersion =>
        ({ number, author: mark.author, at: at + number * MINUTE_US, title: text, category, tags, note: mark.note, colour });
      this.#versions.set(mark.id, i === 0 ? [version(2, title), version(1, 'Nghi vấn')] : [version(1, title)]);
      if (i < 4) this.#holds.push(this.#hold(mark.cameras, mark.start, mark.end, `Phục vụ xác minh: ${title}`, i === 3 ? at + 90 * DAY_US : null, mark.id));
    });
    const [a, b, c] = cameras;
    if (a && b && c) this.#neighbours.set(b.id, { camera: b.id, next: [{ camera: a.id, seconds: 45, direction: 'về QL14' }, { camera: c.id, seconds: 80, direction: 'về trường' }] });
  }

  #hold(cameras: string[], start: number, end: number, reason: string, until: number | null, bookmark: string | null, id = newId()): Hold {
    const bytes = (cameras.length * ((end - start) / SECOND_US) * 3_200_000) / 8;
    return { id, cameras, start, end, reason, until, bookmark, author: this.#room.operator(), created: now(), lifted: null, active: true, bytes };
  }

  #raise(kind: AlarmKind, priority: AlarmPriority, minutes: number, subject: string, volume: string | null, over = false): void {
    const raised = now() - minutes * MINUTE_US;
    const item: Alarm = {
      id: newId(), kind, priority, camera: null, volume, subject, detail: '', raised,
      cleared: over ? raised + MINUTE_US : null, acknowledged: null, acknowledged_by: null, comment: '', cameras: [], shared: null,
    };
    this.#alarms.unshift(item);
  }

  #raiseCameras(cameras: Camera[], shared: Alarm['shared']): void {
    const list = cameras.map((camera) => {
      const state = camera.sessions[0]?.state;
      return { camera: camera.id, lost: state?.since ?? now(), back: null, reason: state?.reason ?? null };
    });
    this.#alarms.unshift({
      id: newId(), kind: 'camera_lost', priority: 'high', camera: null, volume: null, subject: '', detail: '', raised: Math.min(...list.map((each) => each.lost)),
      cleared: null, acknowledged: null, acknowledged_by: null, comment: '', cameras: list, shared,
    });
  }

  /** For tests and design work: an alarm is raised now. */
  raise(alarm: Alarm): void {
    this.#alarms.unshift(alarm);
    this.#room.tell('alarm.changed', structuredClone(alarm));
  }

  feed(): FeedItem[] {
    return this.#alarms.map((item) => ({ kind: 'alarm', item }));
  }

  #change(id: string, change: Partial<Bookmark>): Bookmark {
    const found = this.bookmarks.find((b) => b.id === id);
    if (!found) throw problem('NotFound', 'problem_bookmark_not_found');
    Object.assign(found, change);
    this.#room.tellFeed({ kind: 'bookmark', item: structuredClone(found) });
    return found;
  }

  readonly handlers: KeepHandlers = {
    'bookmark.add': (draft) => {
      const text = draft.text ?? { title: '', category: null, tags: [], note: '', colour: '' };
      const author = this.#room.operator();
      const item: Bookmark = {
        ...text, id: draft.id, cameras: draft.cameras, at: draft.at, start: draft.start, end: draft.end,
        author, created: now(), edits: 0, recorded: true, held: false, hidden: null,
      };
      this.bookmarks.unshift(item);
      this.#versions.set(item.id, [{ ...text, number: 1, author, at: now() }]);
      this.#room.tellFeed({ kind: 'bookmark', item: structuredClone(item) });
      return item;
    },
    'bookmark.update': ({ id, edits, ...text }) => {
      const found = this.bookmarks.find((b) => b.id === id);
      if (!found) throw problem('NotFound', 'problem_bookmark_not_found');
      if (found.author !== this.#room.operator()) throw problem('Forbidden', 'problem_bookmark_not_own', null, { author: found.author });
      if (edits !== null && edits !== found.edits) throw problem('Conflict', 'problem_bookmark_conflict');
      const versions = this.#versions.get(id) ?? [];
      this.#versions.set(id, [{ ...text, number: found.edits + 2, author: found.author, at: now() }, ...versions]);
      return this.#change(id, { ...text, edits: found.edits + 1 });
    },
    'bookmark.list': (q) => {
      const cameras = new Map(this.#room.cameras().map((c) => [c.id, c]));
      const found = this.bookmarks.filter(
        (b) =>
          (q.hidden || b.hidden === null) &&
          (q.from === undefined || b.end > q.from) &&
          (q.to === undefined || b.start < q.to) &&
          (q.cameras.length === 0 || b.cameras.some((id) => q.cameras.includes(id))) &&
          (q.unit === undefined || b.cameras.some((id) => cameras.get(id)?.unit === q.unit)) &&
          (q.category === undefined || b.category === q.category) &&
          (q.tag === undefined || b.tags.includes(q.tag)) &&
          (q.author === undefined || b.author === q.author) &&
          (q.before === undefined || b.at < q.before) &&
          fits(q.text, b.title, b.note, ...b.tags, ...b.cameras.map((id) => `${cameras.get(id)?.code} ${cameras.get(id)?.name}`)),
      );
      return found.sort((a, b) => b.at - a.at).slice(0, q.limit || 100);
    },
    'bookmark.history': (id) => this.#versions.get(id) ?? [],
    'bookmark.hide': ({ id, reason }) => {
      if (reason.trim() === '') throw problem('Invalid', 'problem_reason', 'reason');
      return this.#change(id, { hidden: { at: now(), who: this.#room.operator(), reason } });
    },
    'hold.add': (d) => {
      if (d.reason.trim() === '') throw problem('Invalid', 'problem_reason', 'reason');
      const hold = this.#hold(d.cameras, d.start, d.end, d.reason, d.until, d.bookmark, d.id);
      this.#holds.unshift(hold);
      if (d.bookmark) this.#change(d.bookmark, { held: true });
      this.#room.tell('hold.changed', structuredClone(hold));
      return hold;
    },
    'hold.lift': ({ id, reason }) => {
      const hold = this.#holds.find((h) => h.id === id);
      if (!hold) throw problem('NotFound', 'problem_hold_not_found');
      if (reason.trim() === '') throw problem('Invalid', 'problem_reason', 'reason');
      Object.assign(hold, { lifted: { at: now(), who: this.#room.operator(), reason }, active: false });
      if (hold.bookmark) this.#change(hold.bookmark, { held: false });
      this.#room.tell('hold.changed', structuredClone(hold));
      return hold;
    },
    'hold.list': (q) => this.#holds.filter((h) => (q.ended || h.active) && (q.cameras.length === 0 || h.cameras.some((c) => q.cameras.includes(c)))),
    'copy.estimate': (d) => {
      const files = copyFiles(d);
      return { bytes: files.reduce((sum, f) => sum + f.bytes, 0), free_bytes: 412 * GB, folder: d.folder || '/home/truc/.local/share/easien/copies', files };
    },
    'copy.start': (d) => this.#copy(d),
    'copy.cancel': (id) => {
      const copy = this.#copies.find((c) => c.id === id);
      if (!copy) throw problem('NotFound', 'problem_copy_not_found');
      if (copy.phase === 'running') Object.assign(copy, { phase: 'cancelled', seconds_left: null });
      this.#room.tell('copy.changed', structuredClone(copy));
      return copy;
    },
    'copy.list': () => this.#copies,
    'neighbour.list': () => [...this.#neighbours.values()],
    'neighbour.put': (put) => {
      if (put.next.length > 8 || put.next.some((n) => n.camera === put.camera)) throw problem('Invalid', 'problem_neighbours', 'next');
      this.#neighbours.set(put.camera, put);
      this.#room.tell('neighbours.changed', structuredClone(put));
      return put;
    },
    'volume.list': () => this.#volumes,
    'volume.inspect': (path) => ({
      id: this.#volumes.find((v) => v.path === path)?.id ?? null,
      writable: path.startsWith('/') && !path.startsWith('/root'),
      same_disk_as: path.startsWith('/mnt/ghi1') ? (this.#volumes[0]?.id ?? null) : null,
      total_bytes: 4000 * GB,
      free_bytes: 3970 * GB,
    }),
    'volume.put': (d) => {
      if (d.name.trim() === '') throw problem('Invalid', 'problem_volume_name', 'name');
      if (!d.path.startsWith('/')) throw problem('Invalid', 'problem_volume_path', 'path', { path: d.path });
      const before = this.#volumes.find((v) => v.id === d.id) ?? volume(d.name, d.path, 4000, 0, 'ready');
      const next: Volume = { ...before, ...d, state: d.enabled ? 'ready' : 'disabled', since: now(), detail: '' };
      this.#volumes = [...this.#volumes.filter((v) => v.id !== d.id), next];
      this.#room.tell('volume.changed', structuredClone(this.#volumes));
      return next;
    },
    'volume.remove': (id) => {
      const found = this.#volumes.find((v) => v.id === id);
      if (found && found.used_bytes > 0 && found.state !== 'missing') throw problem('Conflict', 'problem_volume_in_use', null, { name: found.name });
      this.#volumes = this.#volumes.filter((v) => v.id !== id);
      this.#room.tell('volume.changed', structuredClone(this.#volumes));
      return null;
    },
    'storage.plan': () => this.#plan(),
    'alarm.list': (q) =>
      this.#alarms
        .filter(
          (a) =>
            (!q.open || a.cleared === null || a.acknowledged === null) &&
            (!q.closed || (a.cleared !== null && a.acknowledged !== null)) &&
            (!q.kinds || q.kinds.length === 0 || q.kinds.includes(a.kind)) &&
            (q.camera === undefined || q.camera === null || a.cameras.some((each) => each.camera === q.camera)) &&
            (q.to === undefined || q.to === null || a.raised < q.to),
        )
        .sort((a, b) => b.raised - a.raised)
        .slice(0, q.limit || 100),
    'alarm.acknowledge': ({ ids, comment }) =>
      ids.map((id) => {
        const found = this.#alarms.find((a) => a.id === id);
        if (!found) throw problem('NotFound', 'problem_alarm_not_found');
        Object.assign(found, { acknowledged: now(), acknowledged_by: this.#room.operator(), comment });
        this.#room.tell('alarm.changed', structuredClone(found));
        return found;
      }),
  };

  #copy(d: CopyDraft): Copy {
    if (d.folder !== '' && !d.folder.startsWith('/')) throw problem('Invalid', 'problem_copy_folder', 'folder', { folder: d.folder });
    const files = copyFiles(d);
    const folder = `${d.folder || '/home/truc/.local/share/easien/copies'}/2026-11-23_133820_C008`;
    const copy: Copy = {
      ...d, folder, phase: 'running', author: this.#room.operator(), created: now(), done_bytes: 0,
      total_bytes: files.reduce((sum, f) => sum + f.bytes, 0), seconds_left: 9, files: [], problem: null,
    };
    this.#copies.unshift(copy);
    let tick = 0;
    const timer = setInterval(() => {
      tick += 1;
      if (copy.phase === 'running') {
        copy.done_bytes = Math.round((copy.total_bytes * Math.min(tick, 20)) / 20);
        copy.seconds_left = Math.max(0, Math.round((20 - tick) / 2));
        copy.files = files.slice(0, Math.floor((files.length * tick) / 20));
        if (tick >= 20) Object.assign(copy, { phase: 'done', seconds_left: null, files });
      }
      this.#room.tell('copy.changed', structuredClone(copy));
      if (copy.phase !== 'running') clearInterval(timer);
    }, 500);
    return copy;
  }

  #plan(): StoragePlan {
    const cameras = this.#room.cameras().map((camera, i) => {
      const off = camera.record.streams === 'off';
      const main_bps = off || camera.record.streams === 'sub' ? 0 : 2_300_000 + ((i * 7919) % 1_400_000);
      const sub_bps = off || camera.record.streams === 'main' ? 0 : 360_000 + ((i * 104_729) % 90_000);
      const minutes = camera.record.schedule.reduce((sum, s) => sum + s.to_minute - s.from_minute, 0);
      const share = camera.record.schedule.length === 0 ? 1 : minutes / 10_080;
      const bytes_per_day = ((main_bps + sub_bps) / 8) * 86_400 * share;
      const keep_days = camera.record.keep_days ?? this.#room.keepDays();
      return { camera: camera.id, main_bps, sub_bps, share, bytes_per_day, keep_days, days_fit: null, oldest: off ? null : now() - 22.4 * DAY_US, used_bytes: bytes_per_day * 22.4 };
    });
    const capacity_bytes = this.#volumes.filter((v) => v.enabled && v.state === 'ready').reduce((sum, v) => sum + (v.quota_bytes ?? v.total_bytes - v.reserve_bytes), 0);
    const bytes_per_day = cameras.reduce((sum, c) => sum + c.bytes_per_day, 0);
    const held_bytes = this.#holds.reduce((sum, h) => sum + (h.active ? h.bytes : 0), 0);
    const days_fit = bytes_per_day > 0 ? (capacity_bytes - held_bytes) / bytes_per_day : null;
    return {
      capacity_bytes, used_bytes: Math.min(capacity_bytes * 0.93, bytes_per_day * 22.4), held_bytes, bytes_per_day, days_fit,
      needed_bytes: cameras.reduce((sum, c) => sum + c.bytes_per_day * c.keep_days, 0) + held_bytes,
      oldest: now() - 22.4 * DAY_US,
      cameras: cameras.map((c) => ({ ...c, days_fit: c.bytes_per_day > 0 ? days_fit : null })),
    };
  }
}

function volume(name: string, path: string, total: number, used: number, state: Volume['state'], detail = ''): Volume {
  return {
    id: newId(), name, path, quota_bytes: null, reserve_bytes: 10 * GB, enabled: state !== 'disabled', state, since: now() - 3600 * SECOND_US, detail,
    total_bytes: total * GB, free_bytes: (total - used) * GB, used_bytes: used * GB, streams: state === 'ready' ? 160 : 0,
  };
}

function copyFiles(d: CopyDraft): CopyFile[] {
  const seconds = (d.end - d.start) / SECOND_US;
  const which = d.which ?? 'main';
  return d.cameras.map((camera, i) => ({
    camera, which, file: `C00${i + 1}_${which}.mp4`, bytes: Math.round((seconds * (which === 'main' ? 2_810_000 : 398_000)) / 8),
    start: d.start - 0.84 * SECOND_US, end: d.end, frames: Math.round(seconds * 25),
    gaps: i === 1 ? [{ start: d.start + 0.3 * (d.end - d.start), end: d.start + 0.42 * (d.end - d.start), which: null, cause: { cause: 'camera_lost', reason: 'unreachable' } }] : [],
  }));
}
