// What the station in memory writes down: incidents, the audit, the one search. Part of fake.ts.

import { Failure } from './backend';
import type {
  Attachment, AuditEntry, Bookmark, Camera, Code, Commands, EventData, EventName, FeedItem, Footage, Found, Hidden, Incident, IncidentFile, IncidentNote,
  IncidentState, IncidentStep, IncidentText, LinkedFootage, Notice, Person, RelatedIncident, Role, Shift, Still, Subject, Unit,
} from './backend';
import { emptyText } from '../room/incident-text';
import { fits, fold } from '../words/fold';
import { newId } from './ids';
import { CLOSED_CASES, OPEN_CASES } from './fake-names';

const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;
const DAY_US = 86_400 * SECOND_US;
const now = () => Date.now() * 1000;

/** What the whole of the station in memory gives to this part of it. */
export interface CaseRoom {
  cameras(): Camera[];
  units(): Unit[];
  who(): string;
  roles(): readonly Role[];
  bookmarks(): Bookmark[];
  feed(): FeedItem[];
  people(): Person[];
  shifts(): Shift[];
  tell<N extends EventName>(event: N, data: EventData<N>): void;
  tellFeed(item: FeedItem): void;
}

type Cased =
  | 'incident.open' | 'incident.list' | 'incident.get' | 'incident.update' | 'incident.move' | 'incident.merge' | 'incident.note'
  | 'incident.link' | 'incident.subject' | 'incident.notice' | 'incident.attach' | 'incident.attach_stop' | 'incident.strike' | 'incident.save_attachment' | 'incident.audit' | 'search.find' | 'audit.list' | 'audit.check' | 'audit.checkpoint' | 'audit.folders';
export type CaseHandlers = { [K in Cased]: (args: Commands[K]['args']) => Commands[K]['reply'] };

function problem(code: Code, key: string, field: string | null = null, params: Record<string, string> = {}): Failure {
  return new Failure({ code, key, field, params, detail: '' });
}

function attachment(name: string, bytes: number, by: string, at: number, state: Attachment['state'], id = newId()): Attachment {
  const sha256 = Array.from({ length: 64 }, (_, i) => '0123456789abcdef'[(name.charCodeAt(i % name.length) + i * 7) % 16]).join('');
  return { id, name, bytes, sha256, by, at, from: null, struck: null, state };
}

const MOVES: Record<IncidentState, IncidentState[]> = {
  new: ['verifying', 'handling', 'cancelled'],
  verifying: ['handling', 'waiting', 'cancelled'],
  handling: ['verifying', 'waiting', 'cancelled'],
  waiting: ['handling', 'closed'],
  closed: ['reopened'],
  reopened: ['handling', 'waiting', 'cancelled'],
  cancelled: ['reopened'],
};
const SUPERVISOR: IncidentState[] = ['closed', 'reopened', 'cancelled'];
const GRAVITY = { low: 0, medium: 1, high: 2, critical: 3 };

interface Case {
  incident: Omit<Incident, 'cameras' | 'notes'>;
  notes: IncidentNote[];
  footage: (LinkedFootage & { removed: boolean })[];
  bookmarks: string[];
  stills: string[];
  attachments: Attachment[];
  subjects: Subject[];
  notices: Notice[];
  related: string[];
  history: IncidentStep[];
}

export class FakeCasebook {
  readonly #room: CaseRoom;
  readonly #cases = new Map<string, Case>();
  readonly #audit: AuditEntry[] = [];
  #number = 128;

  constructor(room: CaseRoom, filled: boolean) {
    this.#room = room;
    if (filled) this.#fill();
  }

  #fill(): void {
    const cameras = this.#room.cameras();
    CLOSED_CASES.forEach(([title, place, category], i) => {
      const at = now() - (9 - i / 2) * DAY_US;
      this.#make({ ...emptyText(at), title, place, category, outcome: 'handled' }, 'closed', at, 'Trực ban 01').approved_by = 'Chỉ huy 01';
    });
    OPEN_CASES.forEach(([title, place, category, state, severity], i) => {
      const at = now() - (OPEN_CASES.length - i) * 55 * MINUTE_US;
      const unit = this.#room.units()[0]?.id ?? null;
      const incident = this.#make({ ...emptyText(at), title, place, category, severity, unit, occurred: at }, state, at, 'Trực ban 02');
      const it = this.#of(incident.id);
      const camera = (n: number) => cameras[n % cameras.length]?.id ?? '';
      const clip = (n: number, from: number, length: number): Footage => ({ camera: camera(n), start: at + from * SECOND_US, end: at + (from + length) * SECOND_US });
      if (i !== OPEN_CASES.length - 2) {
        this.#write(it, 'Đã báo Tổ tuần tra kiểm tra tại chỗ.', at + 3 * MINUTE_US, 'Trực ban 02');
        it.footage.push({ footage: clip(i, 0, 60), by: 'Trực ban 02', at, hold: newId(), removed: false });
        return;
      }
      // The one that stands open: with everything.
      for (const [n, from, length] of [[5, 20, 160], [6, 62, 118], [12, 190, 80]] as const) it.footage.push({ footage: clip(n, from, length), by: 'Trực ban 02', at, hold: newId(), removed: false });
      const [mark] = this.#room.bookmarks();
      if (mark) it.bookmarks.push(mark.id);
      this.#write(it, 'Hai nam thanh niên đi xe Wave đỏ, biển số 47-K1 ***.82, chở thùng giấy bọc kín, dừng trước cổng UBND 2 phút.', at, 'Trực ban 02');
      this.#write(it, 'Xe rời đi hướng đường liên xã. Đã đánh dấu 3 đoạn hình, báo Tổ tuần tra.', at + 3 * MINUTE_US, 'Trực ban 02');
      this.#write(it, 'Đối chiếu C013: cùng xe, thùng giấy không còn. Đề nghị xem lại quãng 13:41–13:46.', at + 14 * MINUTE_US, 'Điều tra 01');
      const wrong = this.#write(it, 'Xe rẽ vào buôn Tring.', at + 20 * MINUTE_US, 'Điều tra 01');
      this.#write(it, 'Xe rẽ vào thôn 5.', at + 27 * MINUTE_US, 'Điều tra 01', wrong.note.id);
      const subject = (kind: Subject['kind'], plate: string, colour: string, description: string) => it.subjects.push({ id: newId(), kind, plate, colour, description, hidden: null, edits: 0 });
      subject('vehicle', '47K1-123.82', 'Đỏ', 'Honda Wave, thùng giấy bọc kín phía sau');
      subject('person', '', '', 'Nam, khoảng 20 tuổi, áo khoác đen, đội mũ bảo hiểm trắng');
      const notice = (whom: string, minutes: number, answered: number | null) =>
        it.notices.push({ id: newId(), whom, notified: at + minutes * MINUTE_US, responded: answered === null ? null : at + answered * MINUTE_US, remark: '', by: 'Trực ban 02' });
      notice('Tổ tuần tra xã Ea Siên', 4, 11);
      notice('Công an phường An Lạc', 15, null);
      it.attachments.push(
        attachment('Biên bản xác minh ban đầu.pdf', 482_113, 'Điều tra 01', at + 16 * MINUTE_US, 'whole'),
        attachment('Ảnh người dân gửi qua Zalo, chụp từ phía bên kia đường lúc trời gần tối (bản gốc).jpeg', 3_940_221, 'Trực ban 02', at + 18 * MINUTE_US, 'missing'),
        { ...attachment('Đơn trình báo.docx', 61_004, 'Trực ban 02', at + 21 * MINUTE_US, 'whole'), struck: { at: at + 23 * MINUTE_US, who: 'Trực ban 02', reason: 'Nhầm vụ việc.' } },
      );
      const other = [...this.#cases.values()].find((each) => each !== it && each.incident.state !== 'closed');
      if (other) it.related.push(other.incident.id);
      it.incident.edits = 1;
      it.history.unshift({ at: at + 6 * MINUTE_US, who: 'Điều tra 01', state: null, before: { ...it.incident.text, title: 'Xe máy chở thùng hàng khả nghi', severity: 'medium' }, reason: '' });
    });
  }

  #make(text: IncidentText, state: IncidentState, at: number, who: string, id = newId()): Case['incident'] {
    this.#number += 1;
    const incident: Case['incident'] = {
      id, number: `ES-2026-${String(this.#number).padStart(4, '0')}`, text, state, state_since: at, opened_by: who, opened: at,
      approved_by: null, closed: state === 'closed' ? at + 3600 * SECOND_US : null, merged_into: null, edits: 0,
    };
    const history: IncidentStep[] = [{ at, who, state: 'new', before: null, reason: '' }];
    if (state !== 'new') history.unshift({ at: at + 5 * MINUTE_US, who, state, before: null, reason: '' });
    this.#cases.set(id, { incident, notes: [], footage: [], bookmarks: [], stills: [], attachments: [], subjects: [], notices: [], related: [], history });
    this.log('incident.open', `incident ${id}`, who, at);
    return incident;
  }

  #write(it: Case, text: string, at: number, author: string, corrects: string | null = null, id = newId()): IncidentNote {
    const note: IncidentNote = { note: { id, text, camera: null, at, category: null, author, created: Math.max(at, it.incident.opened) }, corrects, corrected_by: null, from: null };
    for (const other of it.notes) if (other.note.id === corrects) other.corrected_by = id;
    it.notes.push(note);
    this.log('incident.note', `incident ${it.incident.id}`, author, at);
    return note;
  }

  /** A row of the audit. */
  log(command: string, object: string, who = this.#room.who(), at = now(), detail: Record<string, unknown> = {}): void {
    const id = object.split(' ')[1] ?? '';
    const object_name = this.#cases.get(id)?.incident.number ?? this.#room.cameras().find((camera) => camera.id === id)?.code ?? '';
    this.#audit.push({ seq: this.#audit.length + 1, at, who, command, object, object_name, detail });
  }

  #of(id: string): Case {
    const found = this.#cases.get(id);
    if (!found) throw problem('NotFound', 'problem_incident_not_found');
    return found;
  }

  incident(it: Case): Incident {
    const cameras = [...new Set(it.footage.filter((f) => !f.removed).map((f) => f.footage.camera))];
    return { ...it.incident, cameras, notes: it.notes.length };
  }

  #name(id: string): RelatedIncident {
    const { number, text, state } = this.#of(id).incident;
    return { id, number, title: text.title, state };
  }

  file(id: string): IncidentFile {
    const it = this.#of(id);
    const supervisor = this.#room.roles().includes('supervisor');
    const moves = it.incident.merged_into ? [] : MOVES[it.incident.state].filter((to) => supervisor || (!SUPERVISOR.includes(to) && it.incident.state !== 'waiting'));
    const of_feed = this.#room.feed().flatMap((each) => (each.kind === 'still' ? [each.item] : []));
    return {
      incident: this.incident(it),
      moves,
      notes: it.notes,
      footage: it.footage.filter((each) => !each.removed).map(({ footage, by, at, hold }) => ({ footage, by, at, hold })),
      bookmarks: it.bookmarks.flatMap((each) => this.#room.bookmarks().find((b) => b.id === each) ?? []),
      stills: it.stills.flatMap((each): Still[] => of_feed.filter((s) => s.id === each)),
      subjects: it.subjects,
      notices: it.notices,
      attachments: it.attachments,
      related: [...new Set([...it.related, ...[...this.#cases.values()].filter((c) => c.related.includes(id)).map((c) => c.incident.id)])].map((each) => this.#name(each)),
      merged: [...this.#cases.values()].filter((c) => c.incident.merged_into === id).map((c) => this.#name(c.incident.id)),
      history: it.history,
    };
  }

  all(): Incident[] {
    return [...this.#cases.values()].map((c) => this.incident(c));
  }

  open(): Incident[] {
    return [...this.#cases.values()].filter((c) => !['closed', 'cancelled'].includes(c.incident.state)).map((c) => this.incident(c));
  }

  name(id: string): RelatedIncident {
    return this.#name(id);
  }

  #told(command: string, id: string, detail: Record<string, unknown> = {}): IncidentFile {
    this.log(command, `incident ${id}`, this.#room.who(), now(), detail);
    const file = this.file(id);
    this.#room.tell('incident.changed', structuredClone(file.incident));
    return file;
  }

  #openOnly(it: Case): void {
    if (['closed', 'cancelled'].includes(it.incident.state)) throw problem('Precondition', 'problem_incident_over');
  }

  #check(text: IncidentText): void {
    if (text.title === '' || text.title.length > 200) throw problem('Invalid', 'problem_incident_title', 'title');
    if (text.detected > now() + 10 * MINUTE_US) throw problem('Invalid', 'problem_moment', 'detected');
  }

  readonly handlers: CaseHandlers = {
    'incident.open': (draft) => {
      const known = this.#cases.get(draft.id);
      if (known) return this.file(draft.id);
      this.#check(draft.text);
      const who = this.#room.who();
      this.#make(draft.text, 'new', now(), who, draft.id);
      const it = this.#of(draft.id);
      for (const footage of draft.footage) it.footage.push({ footage, by: who, at: now(), hold: newId(), removed: false });
      it.bookmarks.push(...draft.bookmarks);
      it.stills.push(...draft.stills);
      if (draft.note.trim()) this.#write(it, draft.note, draft.text.detected, who);
      this.#audit.pop();
      const file = this.#told('incident.open', draft.id);
      this.#room.tellFeed({ kind: 'incident', item: structuredClone(file.incident) });
      return file;
    },
    'incident.list': (q) => {
      const all = [...this.#cases.values()].filter(
        (it) =>
          (q.category === null || it.incident.text.category === q.category) &&
          (q.unit === null || it.incident.text.unit === q.unit) &&
          (q.camera === null || it.footage.some((f) => f.footage.camera === q.camera)) &&
          (q.opened_by === null || it.incident.opened_by === q.opened_by) &&
          (q.from === null || it.incident.text.detected >= q.from) &&
          (q.to === null || it.incident.text.detected < q.to) &&
          this.#fits(it, q.text),
      );
      const states = [...new Set(all.map((it) => it.incident.state))];
      const counts = states.map((state) => ({ state, count: all.filter((it) => it.incident.state === state).length }));
      const by = {
        detected: (a: Case, b: Case) => b.incident.text.detected - a.incident.text.detected,
        number: (a: Case, b: Case) => b.incident.number.localeCompare(a.incident.number),
        severity: (a: Case, b: Case) => GRAVITY[b.incident.text.severity] - GRAVITY[a.incident.text.severity] || b.incident.text.detected - a.incident.text.detected,
      }[q.order];
      const found = all.filter((it) => q.states.length === 0 || q.states.includes(it.incident.state)).sort(by);
      if (q.reversed) found.reverse();
      const begin = q.after === null ? 0 : found.findIndex((it) => it.incident.id === q.after) + 1;
      const limit = q.limit || 100;
      return { items: found.slice(begin, begin + limit).map((it) => this.incident(it)), more: found.length > begin + limit, counts };
    },
    'incident.get': (id) => this.file(id),
    'incident.update': ({ id, text, edits }) => {
      const it = this.#of(id);
      if (JSON.stringify(text) === JSON.stringify(it.incident.text)) return this.file(id);
      this.#openOnly(it);
      if (edits !== it.incident.edits) throw problem('Conflict', 'problem_incident_conflict');
      this.#check(text);
      it.history.unshift({ at: now(), who: this.#room.who(), state: null, before: it.incident.text, reason: '' });
      it.incident = { ...it.incident, text, edits: edits + 1 };
      return this.#told('incident.update', id);
    },
    'incident.move': ({ id, from, to, reason }) => {
      const it = this.#of(id);
      if (it.incident.state === to) return this.file(id);
      if (it.incident.state !== from) throw problem('Conflict', 'problem_incident_moved');
      if (!this.file(id).moves.includes(to)) throw problem('Forbidden', 'problem_incident_move');
      it.incident = { ...it.incident, state: to, state_since: now(), ...(to === 'closed' && { approved_by: this.#room.who(), closed: now() }) };
      it.history.unshift({ at: now(), who: this.#room.who(), state: to, before: null, reason });
      return this.#told('incident.move', id, { from, to, reason });
    },
    'incident.merge': ({ id, into, reason }) => {
      const [it, other] = [this.#of(id), this.#of(into)];
      if (id === into) throw problem('Invalid', 'problem_incident_itself', 'into');
      it.incident = { ...it.incident, state: 'cancelled', state_since: now(), merged_into: into };
      it.history.unshift({ at: now(), who: this.#room.who(), state: 'cancelled', before: null, reason });
      other.notes.push(...it.notes.map((note) => ({ ...note, from: id })));
      other.notes.sort((a, b) => a.note.at - b.note.at);
      this.#told('incident.merge', into, { merged: id });
      return this.#told('incident.merge', id, { into, reason });
    },
    'incident.note': (draft) => {
      const it = this.#of(draft.incident);
      if (it.notes.some((each) => each.note.id === draft.id)) return this.file(draft.incident);
      this.#openOnly(it);
      if (draft.text.trim() === '') throw problem('Invalid', 'problem_note_text', 'text');
      this.#write(it, draft.text, draft.at, this.#room.who(), draft.corrects, draft.id);
      this.#audit.pop();
      return this.#told('incident.note', draft.incident, draft.corrects ? { corrects: draft.corrects } : {});
    },
    'incident.link': ({ id, what, removed }) => {
      const it = this.#of(id);
      const put = (list: string[], each: string) => {
        if (removed !== null) list.splice(0, list.length, ...list.filter((other) => other !== each));
        else if (!list.includes(each)) list.push(each);
      };
      if (what.kind === 'bookmark') put(it.bookmarks, what.of);
      else if (what.kind === 'still') put(it.stills, what.of);
      else if (what.kind === 'incident') {
        this.#of(what.of);
        put(it.related, what.of);
        if (removed !== null) put(this.#of(what.of).related, id);
      } else {
        const known = it.footage.find((f) => JSON.stringify(f.footage) === JSON.stringify(what.of));
        if (known) known.removed = removed !== null;
        else if (removed === null) it.footage.push({ footage: what.of, by: this.#room.who(), at: now(), hold: newId(), removed: false });
      }
      return this.#told('incident.link', id, { kind: what.kind, ...(removed !== null && { removed }) });
    },
    'incident.subject': ({ incident, subject, removed }) => {
      const it = this.#of(incident);
      if (subject.plate.trim() === '' && subject.description.trim() === '') throw problem('Invalid', 'problem_subject_text', 'description');
      const hidden: Hidden | null = removed === null ? null : { at: now(), who: this.#room.who(), reason: removed };
      const at = it.subjects.findIndex((each) => each.id === subject.id);
      const known = it.subjects[at];
      if (known && known.edits !== subject.edits) throw problem('Conflict', 'problem_subject_conflict');
      if (known) it.subjects[at] = { ...subject, hidden, edits: known.edits + (removed === null ? 1 : 0) };
      else it.subjects.push({ ...subject, hidden });
      return this.#told('incident.subject', incident);
    },
    'incident.notice': ({ incident, notice }) => {
      const it = this.#of(incident);
      if (notice.whom.trim() === '') throw problem('Invalid', 'problem_notice_text', 'whom');
      const at = it.notices.findIndex((each) => each.id === notice.id);
      const put = { ...notice, by: at >= 0 ? (it.notices[at]?.by ?? '') : this.#room.who() };
      if (at >= 0) it.notices[at] = put;
      else it.notices.push(put);
      return this.#told('incident.notice', incident);
    },
    'incident.attach': ({ id, incident, path }) => {
      const it = this.#of(incident);
      if (!it.attachments.some((each) => each.id === id)) {
        this.#openOnly(it);
        const name = path.split('/').pop() ?? '';
        if (!path.startsWith('/') || name === '') throw problem('Invalid', 'problem_attachment_path', 'path', { path });
        if (name.includes('5GB')) throw problem('Invalid', 'problem_attachment_too_large', 'path', { bytes: '5368709120', most: '100' });
        it.attachments.push(attachment(name, 482_113, this.#room.who(), now(), 'whole', id));
      }
      return this.#told('incident.attach', incident);
    },
    'incident.attach_stop': () => null,
    'incident.strike': ({ incident, id, reason }) => {
      const it = this.#of(incident);
      this.#openOnly(it);
      const at = it.attachments.findIndex((each) => each.id === id);
      const known = it.attachments[at];
      if (!known) throw problem('NotFound', 'problem_attachment_not_found');
      it.attachments[at] = { ...known, struck: { at: now(), who: this.#room.who(), reason } };
      return this.#told('incident.strike', incident);
    },
    'incident.save_attachment': ({ incident, id, folder }) => {
      const known = this.#of(incident).attachments.find((each) => each.id === id);
      if (!known) throw problem('NotFound', 'problem_attachment_not_found');
      if (!folder.startsWith('/')) throw problem('Invalid', 'problem_attachment_folder', 'folder', { folder });
      if (known.state === 'missing') throw problem('DataLoss', 'problem_attachment_missing');
      this.log('incident.save_attachment', `attachment ${id}`);
      return { path: `${folder}/${known.name}` };
    },
    'incident.audit': (id) => [...this.#audit].reverse().filter((row) => row.object === `incident ${id}`),
    'search.find': (q) => this.#find(q.text).filter((each) => q.kinds.length === 0 || q.kinds.includes(each.what.kind)).slice(0, q.limit || 30),
    'audit.list': (q) =>
      [...this.#audit].reverse().filter(
        (row) =>
          (q.who === null || row.who === q.who) &&
          (q.command === null || row.command.startsWith(q.command)) &&
          (q.object === null || row.object === q.object) &&
          (q.from === null || row.at >= q.from) &&
          (q.to === null || row.at < q.to) &&
          (q.before === null || row.seq < q.before),
      ).slice(0, q.limit || 100),
    'audit.check': () => ({ rows: this.#audit.length, broken_at: null, checkpoint: this.#checkpoint() }),
    'audit.checkpoint': () => this.#checkpoint(),
    'audit.folders': () => [{ path: '/media/usb/easien', whole: now() - 3_600_000_000, rows: this.#audit.length, problem: null, late: false }],
  };

  #checkpoint() {
    const root = '9f2c41d07be8'.repeat(6).slice(0, 64);
    const rows = this.#audit.length;
    return { at: now(), rows, root, text: `easien audit\nEa Siên\n${rows}\n${root}\n2026-11-23T07:32:07Z\n\n— Ed25519 ${'Qm9x3J'.repeat(14)}\n` };
  }

  #fits(it: Case, text: string): boolean {
    const { number, text: sheet } = it.incident;
    const plates = it.subjects.map((s) => `${s.plate} ${s.plate.replace(/[^\p{L}\p{N}]/gu, '')} ${s.description}`);
    return fits(text, number, sheet.title, sheet.place, ...it.notes.map((n) => n.note.text), ...plates);
  }

  #find(text: string): Found[] {
    const found: Found[] = [];
    const put = (what: Found['what'], at: number | null, title: string, excerpt: string) => {
      if (!fits(text, title, excerpt)) return;
      found.push({ what, at, title, excerpt, title_marks: marks(title, text), excerpt_marks: marks(excerpt, text), exact: true });
    };
    for (const it of this.#cases.values()) {
      const { id, number, text: sheet } = it.incident;
      put({ kind: 'incident', id }, sheet.detected, `${number} · ${sheet.title}`, sheet.place);
      for (const { note } of it.notes) put({ kind: 'note', id: note.id, incident: id, camera: null }, note.at, note.text, `${number} · ${note.author}`);
      for (const s of it.subjects) put({ kind: 'subject', incident: id }, sheet.detected, s.plate || s.description, s.plate ? s.description : number);
    }
    for (const b of this.#room.bookmarks()) put({ kind: 'bookmark', id: b.id }, b.at, b.title, b.note);
    for (const each of this.#room.feed()) if (each.kind === 'note') put({ kind: 'note', id: each.item.id, incident: null, camera: each.item.camera }, each.item.at, each.item.text, each.item.author);
    for (const p of this.#room.people()) put({ kind: 'person', id: p.id }, p.seen, p.name, p.login);
    for (const s of this.#room.shifts()) put({ kind: 'shift', id: s.id }, s.begun, s.name, [...s.persons, s.handover?.remarks ?? ''].join(', '));
    return found;
  }
}

/** Where the words of a query stand in a text, in UTF-16 units. */
function marks(text: string, query: string): [number, number][] {
  const letters = [...text.normalize('NFC')];
  const folded = letters.map((letter) => fold(letter) || ' ');
  const flat = folded.join('');
  if (flat.length !== letters.length) return [];
  const found: [number, number][] = [];
  for (const word of fold(query).split(' ').filter(Boolean)) {
    const at = flat.indexOf(word);
    if (at >= 0) found.push([at, at + word.length]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}
