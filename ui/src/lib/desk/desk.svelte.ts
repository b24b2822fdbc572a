// One window's desk: which view is open, what is being written, what just happened. It outlives the views, so that a
// change of view loses no typed text.

import type { Alarm, CameraId, IncidentId, Neighbour, Still, StreamKind, UtcMicros } from '../backend/backend';
import { asFailure } from '../backend/backend';
import { newId } from '../backend/ids';
import { busiest, settled } from '../room/activity';
import { Casebook } from '../room/casebook.svelte';
import { Activity } from '../room/activity.svelte';
import type { Monitor } from '../backend/shell';
import { Records } from '../room/records.svelte';
import type { RoomState } from '../room/room.svelte';
import { Thumbnails } from '../room/thumbnails';
import { AGO_US, Review } from '../review/review.svelte';
import { clockText, nowMicros } from '../time/time';
import type { Board } from '../wall/board';
import { OverviewState } from '../wall/overview.svelte';
import { WallState } from '../wall/wall.svelte';
import { alarmText, type Names } from '../words/alarms';
import { problemText } from '../words/problems';
import { locale, m, useLocale } from '../words/words.svelte';
import { player, type SoundState } from './alarm-sound';
import { Dialogs } from './dialogs.svelte';
import { capOf } from './keys';
import { Drafts } from './drafts.svelte';
import { BookmarkForm, NoteForm, type NoteKept } from './forms.svelte';
import { IncidentForm } from './incident-form.svelte';
import { NumberEntry } from './number-entry.svelte';
import { ShellState } from './shell.svelte';
import { SignIn } from './sign-in.svelte';
import type { ReviewMoment } from './review-link';

export type View = 'live' | 'review' | 'incidents' | 'cameras' | 'shifts' | 'stills' | 'bookmarks' | 'storage' | 'health' | 'people' | 'audit' | 'statistics';
export type HealthTab = 'cameras' | 'station' | 'day' | 'alarms';

const VIEWS: readonly string[] = [
  'live', 'review', 'incidents', 'cameras', 'shifts', 'stills', 'bookmarks', 'storage', 'health', 'people', 'audit', 'statistics',
] satisfies View[];

export function isView(name: string): name is View {
  return VIEWS.includes(name);
}

export interface Notice {
  text: string;
  bad: boolean;
}

const NOTICE_MS = 6000;
/** So many of the busiest are shown together. */
const BUSIEST = 16;

/** What a context menu is about. */
export interface MenuAt {
  x: number;
  y: number;
  camera: CameraId | null;
  /** The tile it was opened on; absent: a row of a list. */
  tile?: number;
  board?: Board;
}

export class Desk {
  view = $state<View>('live');
  /** Columns beside the wall. */
  side = $state(true);
  settings_open = $state(false);
  keys_open = $state(false);
  still_open = $state.raw<Still | null>(null);
  notice = $state.raw<Notice | null>(null);
  bookmark = $state.raw<BookmarkForm | null>(null);
  /** An incident being opened. */
  incident = $state.raw<IncidentForm | null>(null);
  /** The incident that is open in its view. */
  incident_open = $state<IncidentId | null>(null);
  /** The shift that is open in the shift book; null: the present one. */
  shift_open = $state<string | null>(null);
  /** A camera to be edited, when the cameras view opens; `new`: the form for a new one. */
  edit_camera = $state<CameraId | 'new' | null>(null);
  /** Which list of the bookmarks view is open. */
  bookmarks_tab = $state<'bookmarks' | 'holds' | 'copies'>('bookmarks');
  /** Whether this window can sound, as far as it was tried. */
  sound_state = $state<SoundState>(player.state);
  health_tab = $state<HealthTab>('cameras');
  /** The camera whose health is open. */
  health_camera = $state<CameraId | null>(null);
  /** What is typed and not yet saved. */
  readonly drafts = new Drafts();
  readonly dialogs = new Dialogs();
  readonly records: Records;
  readonly sign: SignIn;
  readonly casebook: Casebook;
  readonly thumbnails: Thumbnails;
  readonly note = new NoteForm();
  readonly wall: WallState;
  readonly overview: OverviewState;
  readonly activity: Activity;
  /** Digits being typed on the live wall. */
  readonly number: NumberEntry;
  /** The busiest were brought up over the overview. */
  #over_overview = false;
  #busiest: readonly CameraId[] | null = null;
  /** The context menu that is open. */
  menu = $state.raw<MenuAt | null>(null);
  /** The search puts what is found into the focused tile, not before the operator. */
  replacing = $state(false);
  /** Counts up when the note's field is asked for. */
  note_asked = $state(0);
  /** A camera that the list of cameras should show. */
  tree_find = $state.raw<{ camera: CameraId } | null>(null);
  /** Age of the oldest picture of the overview, in milliseconds. */
  oldest_ms = $state<number | null>(null);
  readonly review: Review;
  readonly room: RoomState;
  readonly shell: ShellState;
  #notice_timer: ReturnType<typeof setTimeout> | undefined;

  constructor(room: RoomState) {
    this.room = room;
    this.shell = new ShellState(room.backend);
    this.wall = new WallState(room);
    this.overview = new OverviewState(room);
    this.activity = new Activity(room.backend);
    this.number = new NumberEntry(() => room.ordered, (camera) => this.bringLarge(camera.id));
    this.review = new Review(room);
    this.review.onproblem = (thrown) => this.#tellFailure('', thrown);
    this.records = new Records(room.backend);
    this.sign = new SignIn(room.backend);
    this.casebook = new Casebook(room.backend);
    this.thumbnails = new Thumbnails(room.backend);
  }

  /** What the live view shows. */
  get board(): Board {
    return this.overview.open ? this.overview : this.wall;
  }

  /** Cameras with an alarm that nobody took note of. */
  readonly alarmed: ReadonlySet<CameraId> = $derived.by(() => {
    const open = this.records.alarms.filter((alarm) => alarm.acknowledged === null && alarm.camera !== null);
    return new Set(open.map((alarm) => alarm.camera ?? ''));
  });

  /** The columns beside the live pictures are shown: the overview needs the whole window until something is asked for. */
  get side_live(): boolean {
    return this.overview.open ? this.overview.side : this.side;
  }

  set side_live(shown: boolean) {
    if (this.overview.open) this.overview.side = shown;
    else this.side = shown;
  }

  /** All cameras at once, or back to the wall. */
  toggleOverview(): void {
    const { overview, wall } = this;
    this.#over_overview = false;
    if (overview.open) {
      overview.open = false;
      overview.remember();
      return;
    }
    // Whoever looks at everything does not want the wall behind it to wander.
    wall.tour.manual();
    overview.open = true;
    overview.large = false;
    overview.side = false;
    overview.remember();
    if (wall.focused) overview.find(wall.focused);
  }

  /** One camera large before the operator, whatever is shown now; Esc leads back. */
  bringLarge(camera: CameraId): void {
    this.view = 'live';
    const { overview, wall } = this;
    if (overview.open || wall.order.includes(camera)) {
      this.board.find(camera);
      this.board.enlarge(this.board.focus);
    } else wall.bringUp([camera]);
  }

  /** The busiest cameras now. Asked for again, those that still are keep their places. */
  async showBusiest(): Promise<void> {
    try {
      const values = await this.activity.fetch();
      const order = this.room.ordered.map((camera) => camera.id);
      const chosen = busiest(order, values, BUSIEST);
      if (chosen.length === 0) {
        this.tell(m.busiest_none(), true);
        return;
      }
      this.view = 'live';
      const { overview, wall } = this;
      this.#over_overview ||= overview.open;
      const again = !overview.open && wall.brought !== null && wall.brought.cameras === this.#busiest;
      const { focus } = wall;
      const cameras = again ? settled(wall.tiles, chosen).filter((camera) => camera !== null) : chosen;
      overview.open = false;
      wall.bringUp(cameras, m.busiest_at({ time: clockText(nowMicros()) }));
      this.#busiest = wall.brought?.cameras ?? null;
      if (again) wall.focus = Math.min(focus, wall.grid - 1);
    } catch (thrown) {
      this.#tellFailure('', thrown);
    }
  }

  /** Out of what is large, then of what was brought up; `all`: of both. */
  back(all = false): void {
    const { overview, wall } = this;
    if (overview.open) overview.large = false;
    else {
      wall.back(all);
      // To the overview, where it was.
      if (wall.brought === null && this.#over_overview) {
        this.#over_overview = false;
        overview.open = true;
      }
    }
  }

  openMenu(event: MouseEvent, about: Omit<MenuAt, 'x' | 'y'>): void {
    // In a text field the window's own menu has copy and paste.
    if (event.target instanceof Element && event.target.closest('input, textarea, .selectable')) return;
    event.preventDefault();
    event.stopPropagation();
    this.menu = { ...about, x: event.clientX, y: event.clientY };
  }

  /** The search, whose find goes into the focused tile. */
  replaceFocused(): void {
    this.replacing = true;
  }

  /** A note about this camera, unless one is being written. */
  noteAbout(camera: CameraId): void {
    if (this.note.text.trim() === '') {
      this.note.camera = camera;
      this.note.at = nowMicros();
    }
    this.side_live = true;
    this.note_asked += 1;
  }

  /** Asks to hold what this camera showed until now. */
  holdAgo(camera: CameraId): void {
    const settings = this.room.room?.settings;
    if (!settings) return;
    const at = nowMicros();
    this.dialogs.hold = { cameras: [camera], at, start: at - Math.max(settings.bookmark_pre_s, 1) * 1_000_000, end: at };
  }

  /** Shows where the camera stands in the list. */
  findInTree(camera: CameraId): void {
    this.side_live = true;
    this.tree_find = { camera };
  }

  /** The focused live tile's last half minute, playing. */
  reviewAgo(): void {
    const camera = this.board.focused;
    if (camera) this.openReview({ cameras: [camera], at: this.moment() - AGO_US, playing: true });
    else this.tell(m.nothing_focused(), true);
  }

  /** To the next event on the cameras under review. */
  async jump(forward: boolean): Promise<void> {
    if (await this.review.jump(forward)) return;
    this.tell(forward ? m.event_none_forward() : m.event_none_back(), true);
  }

  /** Where the road goes on from the camera in focus in review. */
  get road(): Neighbour[] {
    const { focused } = this.review.board;
    return (focused !== null && this.records.neighbours.get(focused)?.next) || [];
  }

  /** On along the road: the neighbour's picture, at the time that one drives there. */
  followRoad(index: number): void {
    const next = this.road[index];
    if (!next || !this.room.cameras.has(next.camera)) this.tell(m.road_gone({ number: String(index + 1) }), true);
    else this.review.goAlong(next.camera, next.seconds * 1_000_000);
  }

  roadBack(): void {
    if (!this.review.goBack()) this.tell(m.road_nothing_back(), true);
  }

  /** A still of the recorded picture that the focused tile shows. */
  async takeReviewStill(): Promise<void> {
    const { board } = this.review;
    const shown = this.review.tileOf(board.focus, board.focused ?? undefined);
    if (board.focused === null || !shown?.at || shown.missing) {
      this.tell(m.problem_still_no_picture(), true);
      return;
    }
    await this.#still(board.focused, shown.which ?? 'sub', shown.at);
  }

  /** Back to live; the camera that was under review is in focus there. */
  toLive(): void {
    const camera = this.review.board.focused;
    this.view = 'live';
    if (camera !== null) this.board.find(camera);
  }

  tell(text: string, bad = false): void {
    this.notice = { text, bad };
    clearTimeout(this.#notice_timer);
    this.#notice_timer = setTimeout(() => (this.notice = null), bad ? NOTICE_MS * 2 : NOTICE_MS);
  }

  /** The moment that the focused tile shows. */
  moment(): UtcMicros {
    return nowMicros() - (this.board.painted.get(this.board.focus)?.age_s ?? 0) * 1_000_000;
  }

  /** Marks the focused tile's moment at once (or another camera's present); titling follows. */
  async markMoment(wanted: CameraId | null = null): Promise<void> {
    const camera = wanted ?? this.board.focused;
    const settings = this.room.room?.settings;
    if (!camera || !settings) {
      this.tell(m.nothing_focused(), true);
      return;
    }
    const at = camera === this.board.focused ? this.moment() : nowMicros();
    const draft = {
      id: newId(),
      cameras: [camera],
      at,
      start: at - settings.bookmark_pre_s * 1_000_000,
      end: at + Math.max(settings.bookmark_post_s, 1) * 1_000_000,
      text: null,
    };
    try {
      const bookmark = await this.room.backend.call('bookmark.add', draft);
      this.room.takeFeed({ kind: 'bookmark', item: bookmark });
      if (this.bookmark?.changed) await this.saveBookmark(this.bookmark);
      this.bookmark = new BookmarkForm(bookmark);
      this.tell(m.bookmark_done({ code: this.codeOf(camera), time: clockText(at) }));
    } catch (thrown) {
      this.#tellFailure(m.bookmark_failed(), thrown);
    }
  }

  /**
   * Opens an incident about what the focused tile shows now: prefilled, with its moment marked. One that is half written is
   * gone on with.
   */
  async openIncident(wanted: CameraId | null = null): Promise<void> {
    this.side_live = true;
    if (this.#goOnIncident()) return;
    const id = wanted ?? this.board.focused;
    const settings = this.room.room?.settings;
    const at = id !== null && id === this.board.focused ? this.moment() : nowMicros();
    const form = IncidentForm.about(this.drafts, (id !== null && this.room.cameras.get(id)) || null, at);
    this.incident = form;
    if (form.resumed || id === null || !settings) return;
    try {
      const start = at - settings.bookmark_pre_s * 1_000_000;
      const draft = { id: newId(), cameras: [id], at, start, end: at + Math.max(settings.bookmark_post_s, 1) * 1_000_000, text: null };
      const bookmark = await this.room.backend.call('bookmark.add', draft);
      this.room.takeFeed({ kind: 'bookmark', item: bookmark });
      form.addMark(bookmark);
    } catch (thrown) {
      this.#tellFailure(m.bookmark_failed(), thrown);
    }
  }

  /** Opens an incident with footage from the archive, or with none. */
  openIncidentOf(cameras: readonly CameraId[], start: UtcMicros, end: UtcMicros): void {
    this.view = 'incidents';
    if (this.#goOnIncident()) return;
    const [first] = cameras;
    const camera = (first !== undefined && this.room.cameras.get(first)) || null;
    this.incident = IncidentForm.about(this.drafts, camera, camera ? start : nowMicros(), cameras.map((each) => ({ camera: each, start, end })));
  }

  #goOnIncident(): boolean {
    if (!this.incident) return false;
    this.incident.asked += 1;
    return true;
  }

  /** What a page that died left half written stands there again. */
  resumeIncident(): void {
    if (this.incident === null && IncidentForm.waits(this.drafts)) this.incident = IncidentForm.about(this.drafts, null, nowMicros());
  }

  async saveIncident(form: IncidentForm): Promise<void> {
    const opened = await form.save(this.room);
    if (!opened) return;
    if (this.incident === form) this.incident = null;
    if (this.view === 'incidents') this.incident_open = opened.id;
    this.tell(m.incident_opened({ number: opened.number }));
  }

  /** Closed: what was typed waits for the next time. */
  closeIncident(give_up = false): void {
    const form = this.incident;
    this.incident = null;
    if (form && (give_up || !form.changed)) form.drop();
    else if (form) this.tell(m.incident_draft_kept({ key: capOf('incident') }));
  }

  /** A bookmark that was found, in review. */
  async openBookmark(id: string, at: UtcMicros | null): Promise<void> {
    try {
      const near = at === null ? {} : { from: at - 1, to: at + 1 };
      const found = await this.room.backend.call('bookmark.list', { cameras: [], text: '', hidden: true, limit: 500, ...near });
      const mark = found.find((each) => each.id === id);
      if (mark) this.openReview({ cameras: mark.cameras, at: mark.at, start: mark.start, end: mark.end });
      else this.view = 'bookmarks';
    } catch (thrown) {
      this.#tellFailure('', thrown);
    }
  }

  showIncident(id: IncidentId): void {
    this.view = 'incidents';
    this.incident_open = id;
  }

  /** Somebody else sits here, or nobody: what the one before had open is no longer on the screen, and is theirs again. */
  changeHands(who: string, name: string | null): void {
    this.room.signed = name;
    if (this.drafts.who === who) return;
    this.#notes.set(this.drafts.who, this.note.leave());
    this.drafts.who = who;
    this.note.take(this.#notes.get(who) ?? null);
    this.bookmark = null;
    this.incident = null;
    this.incident_open = null;
    this.shift_open = null;
    this.edit_camera = null;
    this.cover();
    this.room.forget();
    this.casebook.forget();
    if (this.view !== 'live' && this.view !== 'incidents' && this.view !== 'shifts') this.view = 'live';
  }

  /** Covers what is over the wall; the wall stays, and what is typed is kept. */
  cover(): void {
    this.settings_open = this.keys_open = this.replacing = false;
    this.sign.password_open = this.sign.first_open = false;
    this.menu = null;
    this.notice = null;
    this.still_open = null;
    this.dialogs.closeAll();
  }

  readonly #notes = new Map<string, NoteKept>();

  /** Asks for a bookmark of this moment over every camera that the wall shows now. */
  markWall(): void {
    const settings = this.room.room?.settings;
    const { board } = this;
    const cameras = board.large ? [board.focused] : board.tiles;
    const there = [...new Set(cameras)].filter((id) => id !== null);
    if (there.length === 0 || !settings) {
      this.tell(m.nothing_focused(), true);
      return;
    }
    const at = this.moment();
    const start = at - settings.bookmark_pre_s * 1_000_000;
    this.dialogs.mark = { cameras: there, at, start, end: at + settings.bookmark_post_s * 1_000_000 };
  }

  /** Writes what was typed into a bookmark; the form stays open with the reason if that fails. */
  async saveBookmark(form: BookmarkForm): Promise<boolean> {
    if (form.saving) return false;
    form.saving = true;
    form.problem = null;
    try {
      const edit = {
        id: form.bookmark.id,
        title: form.title.normalize('NFC').trim(),
        category: form.category,
        tags: form.tags,
        note: form.note.normalize('NFC').trim(),
        colour: form.bookmark.colour,
        edits: form.bookmark.edits,
      };
      const item = await this.room.backend.call('bookmark.update', edit);
      this.room.takeFeed({ kind: 'bookmark', item });
      if (this.bookmark === form) this.bookmark = null;
      return true;
    } catch (thrown) {
      form.problem = asFailure(thrown).problem;
      return false;
    } finally {
      form.saving = false;
    }
  }

  /** Takes a still of a camera; of the focused one if none is named. */
  async takeStill(wanted: CameraId | null = null): Promise<boolean> {
    const camera = wanted ?? this.board.focused;
    if (!camera) {
      this.tell(m.nothing_focused(), true);
      return false;
    }
    const large = this.board.large && camera === this.board.focused;
    return this.#still(camera, large ? 'main' : 'sub', null);
  }

  async #still(camera: CameraId, which: StreamKind, at: UtcMicros | null): Promise<boolean> {
    try {
      const item = await this.room.backend.call('still.take', { id: newId(), camera, which, at });
      this.room.takeFeed({ kind: 'still', item });
      this.tell(m.still_done({ code: this.codeOf(camera), time: clockText(item.at) }));
      return true;
    } catch (thrown) {
      this.#tellFailure(m.still_failed(), thrown);
      return false;
    }
  }

  /** Writes the note; the text stays with the reason if that fails. */
  async saveNote(): Promise<void> {
    const form = this.note;
    const text = form.text.normalize('NFC').trim();
    if (form.saving || text === '') return;
    form.saving = true;
    form.problem = null;
    form.id ??= newId();
    try {
      const item = await this.room.backend.call('note.add', {
        id: form.id,
        text,
        camera: form.camera,
        at: form.at ?? nowMicros(),
        category: form.category,
      });
      this.room.takeFeed({ kind: 'note', item });
      form.clear();
    } catch (thrown) {
      form.problem = asFailure(thrown).problem;
      // A text that may have arrived keeps its id; one that was refused gets a new one with its correction.
      if (form.problem.code === 'Invalid' || form.problem.code === 'Conflict') form.id = null;
    } finally {
      form.saving = false;
    }
  }

  /** The other language, at once on this page and for the room. */
  async switchLanguage(): Promise<void> {
    const settings = this.room.room?.settings;
    const language = locale() === 'vi' ? 'en' : 'vi';
    useLocale(language);
    if (!settings) return;
    try {
      this.room.takeRoom(await this.room.backend.call('room.set', { ...settings, language }));
    } catch (thrown) {
      this.#tellFailure('', thrown);
    }
  }

  /** The review desk, at this moment of these cameras. */
  openReview(moment: ReviewMoment): void {
    this.view = 'review';
    this.review.open(moment);
  }

  openHealth(tab: HealthTab, camera: CameraId | null = null): void {
    this.health_tab = tab;
    this.health_camera = camera;
    this.view = 'health';
  }

  /** Health, as it was; pressed again there, its next tab. */
  turnHealth(): void {
    const tabs: readonly HealthTab[] = ['cameras', 'station', 'alarms'];
    if (this.view === 'health') this.health_tab = tabs[(tabs.indexOf(this.health_tab) + 1) % tabs.length] ?? 'cameras';
    this.view = 'health';
  }

  /** What alarms are about, by name. */
  readonly names: Names = {
    camera: (id) => {
      const camera = this.room.cameras.get(id);
      return camera ? `${camera.code} ${camera.name}` : null;
    },
    unit: (id) => this.room.unitName(id),
    volume: (id) => this.records.volumeName(id),
  };

  /** Takes note of alarms. */
  async acknowledge(alarms: readonly Alarm[], comment: string): Promise<boolean> {
    if (alarms.length === 0) return true;
    try {
      const ids = alarms.map((alarm) => alarm.id);
      const taken = await this.room.backend.call('alarm.acknowledge', { ids, comment: comment.normalize('NFC').trim() });
      for (const alarm of taken) this.records.takeAlarm(alarm);
      const [first] = taken;
      if (first) this.tell(taken.length > 1 ? m.alarm_ack_many({ count: String(taken.length) }) : m.alarm_acknowledged({ alarm: alarmText(first, this.names) }));
      return true;
    } catch (thrown) {
      this.#tellFailure('', thrown);
      return false;
    }
  }

  /** Cameras come onto the live wall: one into its own tile or the focused one, several over what is there. */
  bringUp(cameras: readonly CameraId[], title: string | null = null): void {
    const there = cameras.filter((id) => this.room.cameras.has(id));
    const [first] = there;
    if (first === undefined) return;
    this.view = 'live';
    if (there.length === 1) {
      this.board.find(first);
      return;
    }
    // Over the overview too: back leads there.
    this.#over_overview ||= this.overview.open;
    this.overview.open = false;
    this.wall.bringUp(there, title);
  }

  /** Alarms are silent for so many minutes; null: no more. */
  async mute(minutes: number | null): Promise<void> {
    const settings = this.room.room?.settings;
    if (!settings) return;
    const muted_until = minutes === null ? null : nowMicros() + minutes * 60_000_000;
    try {
      const wanted = { ...settings, alarm_sound: { ...settings.alarm_sound, muted_until } };
      this.room.takeRoom(await this.room.backend.call('room.set', wanted));
    } catch (thrown) {
      this.#tellFailure('', thrown);
    }
  }

  /** The window closes with the second press; the first one says so. */
  quit(): void {
    if (this.shell.here && !this.shell.quit()) this.tell(this.shell.main ? m.quit_again() : m.quit_again_wall());
  }

  /** A further wall, on the monitor named; else on one that this window does not stand on, if there is one. */
  async openWall(monitor: Monitor | null = null): Promise<void> {
    const other = this.shell.monitors.find((each) => !each.here) ?? null;
    try {
      await this.shell.here?.newWall(monitor ?? other);
      this.tell(m.window_opening());
    } catch (thrown) {
      this.#tellFailure(m.window_not_opened(), thrown);
    }
  }

  codeOf(camera: CameraId): string {
    return this.room.cameras.get(camera)?.code ?? m.camera_gone();
  }

  #tellFailure(what: string, thrown: unknown): void {
    const { problem } = asFailure(thrown);
    this.tell(`${what} ${problemText(problem)}`.trim(), true);
  }
}
