// The wall of one window: its shape, which camera in which tile, focus, enlarged. Remembered at the station.

import { SvelteMap } from 'svelte/reactivity';
import type { Camera, CameraId, Layout, LayoutDraft, LayoutId, TilePainted, WallMemory } from '../backend/backend';
import { asFailure } from '../backend/backend';
import { newId } from '../backend/ids';
import type { RoomState } from '../room/room.svelte';
import type { Board, Painted } from './board';
import { nudge, type Axis } from './borders';
import { Layouts } from './layouts.svelte';
import { empty, pageCount, perPage, placeOf, put, reconcile, swap, tileOf, tilesOf, type Order } from './order';
import { lateMs, notePainted } from './painted';
import { memoryOf, pictureOf, TileHistory, UNDO_MOST, type WallPicture } from './picture';
import { cellsOf, formFor, isForm, neighbourOf, sameShape, shapeOf, type WallForm, type WallShape } from './shape';
import { TourRun } from './tour.svelte';

/** Remembering waits until a drag or a row of key presses is over. */
const REMEMBER_MS = 700;
/**
 * The station remembers beside each window's wall, under names that no window has: what was taken off it, all cameras
 * while a layout is open, what was there before a tour or an alarm, how the shift started.
 */
const BESIDE = { off: '_off', all: '_all', before: '_before', start: '_start' } as const;
/** A start that is older than any shift is none any more. */
const SHIFT_US = 12 * 3600 * 1_000_000;
/** From this age on a picture is not live any more and says so. */
export const STALE_MS = 3000;
/** A step of a border by the keyboard, in units of the wall. */
const NUDGE = 105;

/** Cameras that were brought up over what was there. */
export interface Brought {
  cameras: readonly CameraId[];
  /** Why, as the screen says it. */
  title: string | null;
}

export class WallState implements Board {
  readonly archive = false;
  shape = $state.raw<WallShape>(shapeOf('16'));
  /** The tile that follows the camera that was chosen last. */
  hotspot = $state<number | null>(null);
  followed = $state<CameraId | null>(null);
  order = $state.raw<Order>([]);
  /** The wall was recalled (or filled for the first time); before that nothing is remembered. */
  ready = $state(false);
  /** Cameras that were brought up; `back` leaves them. */
  brought = $state.raw<Brought | null>(null);
  /** Changes that can be taken back. */
  undoable = $state(0);
  /** What is painted, tile by tile, as told once a second. */
  readonly painted = new SvelteMap<number, Painted>();
  /** The saved layout that is open, as this window knows it; null: all cameras. */
  base = $state.raw<Layout | null>(null);
  /** How the shift started. */
  start = $state.raw<{ picture: WallPicture; at: number; who: string } | null>(null);
  readonly layouts: Layouts;
  readonly tour: TourRun;

  #page = $state(0);
  #focus = $state(0);
  #large = $state(false);

  /** Tiles of a page. */
  readonly grid: number = $derived(cellsOf(this.shape).length);
  readonly pages: number = $derived(pageCount(this.order, perPage(this)));
  readonly tiles: (CameraId | null)[] = $derived(tilesOf(this.order, { grid: this.grid, page: this.#page, hotspot: this.hotspot }, this.followed));
  readonly focused: CameraId | null = $derived(this.tiles[this.#focus] ?? null);
  /** What stands here is not what is saved. */
  readonly modified: boolean = $derived.by(() => {
    const { base } = this;
    return base !== null && !this.brought && !(sameShape(base.shape, this.shape) && base.hotspot === this.hotspot && sameOrder(base.cameras, this.order));
  });

  readonly #room: RoomState;
  #window = 'main';
  #known = new Set<CameraId>();
  /** The station has cameras in its list of those taken off. */
  #any_off = false;
  /** Until a person chooses a shape it grows with the room, up to sixteen: cameras may come one by one. */
  #grows = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What was there before cameras were brought up. */
  #under: WallPicture | null = null;
  #undo: WallPicture[] = [];
  /** All cameras, while a layout is open. */
  #all: WallPicture | null = null;
  /** What the station was told last, by name. */
  readonly #told = new Map<string, string>();
  /** The shape before a border was taken. */
  #unbent: WallShape | null = null;
  readonly #history = new TileHistory();

  constructor(room: RoomState, layouts = new Layouts(room)) {
    this.#room = room;
    this.layouts = layouts;
    this.tour = new TourRun(this, layouts);
    layouts.onlayout = (id) => this.#layoutChanged(id);
  }

  get page(): number {
    return this.#page;
  }
  /** The tile with the frame, counted on the page. */
  get focus(): number {
    return this.#focus;
  }
  set focus(tile: number) {
    this.tour.manual();
    this.#focus = tile;
    this.#follow(this.tiles[tile] ?? null);
  }
  /** The focused tile fills the wall. */
  get large(): boolean {
    return this.#large;
  }
  set large(large: boolean) {
    if (large === this.#large) return;
    this.tour.manual();
    this.#large = large;
    this.remember();
  }

  /** Asks the station what this window showed last, and shows it. */
  async recall(window: string): Promise<void> {
    this.#window = window;
    const recalled = (suffix: string) =>
      this.#room.backend.call('wall.recall', window + suffix).catch((thrown: unknown) => {
        console.warn('wall.recall', asFailure(thrown).problem.key);
        return null;
      });
    const [memory, off, all, before, start] = await Promise.all([
      ...['', BESIDE.off, BESIDE.all, BESIDE.before, BESIDE.start].map(recalled),
      this.layouts.loaded ? null : this.layouts.fetchAll(),
    ]);
    if (memory) this.#take(memory, off ?? null, all ?? null, before ?? null);
    this.ready = true;
    this.follow(this.#room.ordered);
    const operator = this.#room.me;
    const fresh = start && start.who === operator && Date.now() * 1000 - (start.at ?? 0) < SHIFT_US;
    if (fresh) this.start = { picture: pictureOf(start), at: start.at ?? 0, who: operator };
    else if (memory) this.setStart();
  }

  #take(memory: WallMemory, off: WallMemory | null, all: WallMemory | null, before: WallMemory | null): void {
    const there = (each: WallMemory | null) => (each?.tiles ?? []).filter((id) => id !== null);
    this.#any_off = there(off).length > 0;
    const { view } = memory;
    const layout = this.layouts.get(view.layout);
    const lost = view.layout !== null && !layout;
    if (all && (layout || lost || view.brought !== null)) this.#all = { ...pictureOf(all), layout: null };
    const base = this.#all ?? pictureOf(memory);
    // A camera that a person took off is no new one: it stays off.
    this.#known = new Set([...base.order.filter((id) => id !== null), ...there(off)]);
    this.#grows = !view.chosen && memory.shape.cells === null && memory.shape.form === smallestForm(there(memory).length);
    this.#restore(lost && this.#all ? this.#all : pictureOf(memory));
    if (layout) {
      // A camera that is gone is known by the layout alone; its tile says so.
      this.order = this.order.map((camera, i) => camera ?? (layout.cameras[i] && !this.#room.cameras.has(layout.cameras[i]) ? layout.cameras[i] : null));
    }
    if (view.tour && before) this.tour.recall({ ...view.tour, paused: view.tour.paused || view.brought !== null }, pictureOf(before));
    if (view.brought !== null && before) {
      this.#under = pictureOf(before);
      this.brought = { cameras: there(memory), title: view.brought || null };
      this.#restore(pictureOf(memory));
    }
  }

  /** The room's cameras changed. Cameras never seen are appended; one that a person took off stays off. */
  follow(cameras: Camera[]): void {
    if (!this.ready) return;
    const ids = cameras.map((camera) => camera.id);
    const known = new Set(ids);
    const added = ids.filter((id) => !this.#known.has(id));
    this.#known = known;
    if (this.followed !== null && !known.has(this.followed)) this.followed = null;
    // A saved layout stays what it is, also with a camera that is gone; what holds all cameras follows, shown or not.
    const fix = <P extends WallPicture | null>(picture: P): P => (picture && picture.layout === null ? { ...picture, order: reconcile(picture.order, known, added) } : picture);
    this.#under = fix(this.#under);
    this.#all = fix(this.#all);
    this.tour.before = fix(this.tour.before);
    this.#undo = this.#undo.map(fix);
    if (this.#holdsAll) this.order = reconcile(this.order, known, added);
    if (this.#grows && ids.length > 0 && this.#holdsAll) this.#showShape(shapeOf(smallestForm(ids.length)));
    this.#keepInside();
    if (added.length > 0) this.remember();
  }

  get #holdsAll(): boolean {
    return this.base === null && this.brought === null;
  }

  /** A person opens a saved layout; null: all cameras. */
  open(layout: Layout | null): void {
    this.tour.manual();
    this.tour.drop();
    const before = this.picture();
    const tiles = this.tiles;
    if (layout) this.showLayout(layout, 0);
    else this.#showAll();
    this.#under = null;
    this.brought = null;
    this.#keepUndo(before);
    this.#history.note(tiles, this.tiles);
    this.remember();
  }

  /** The next of all cameras and the saved layouts, around. */
  step(by: 1 | -1): void {
    const all = [null, ...this.layouts.list];
    if (all.length < 2) return;
    const at = all.findIndex((each) => (each?.id ?? null) === this.layout);
    this.open(all[(at + by + all.length) % all.length] ?? null);
  }

  get layout(): LayoutId | null {
    return this.base?.id ?? null;
  }

  /** Shows a page of a layout, as a tour does. */
  showLayout(layout: Layout, page: number): void {
    if (this.#holdsAll) this.#all = this.picture();
    else if (this.#under?.layout === null) this.#all = this.#under;
    const { shape, cameras: order, hotspot } = layout;
    this.base = layout;
    this.#restore({ shape, order, page, focus: 0, large: false, hotspot, followed: this.followed, layout: layout.id });
    this.remember();
  }

  #showAll(): void {
    if (this.base === null && this.#under) this.#restore(this.#under.layout === null ? this.#under : (this.#all ?? this.#under));
    else if (this.base) {
      const order = this.#room.ordered.map((camera) => camera.id);
      this.#restore(this.#all ?? { shape: shapeOf('16'), order, page: 0, focus: 0, large: false, hotspot: null, followed: null, layout: null });
    }
  }

  /** The layout was changed, here or by another window, or deleted. */
  #layoutChanged(id: LayoutId): void {
    const { base } = this;
    const saved = this.layouts.get(id);
    if (!base || base.id !== id || !saved || saved.edits === base.edits || this.modified) return;
    this.base = saved;
    const { shape, cameras: order, hotspot } = saved;
    if (!this.brought) this.#restore({ ...this.picture(), shape, order, hotspot });
  }

  /** What would be saved. */
  draft(name: string, shared: boolean, id = newId()): LayoutDraft {
    return { id, name, shared, shape: this.shape, cameras: [...this.order], hotspot: this.hotspot, edits: 0 };
  }

  /** Saves what stands here into the layout that is open. `over`: also over what somebody else saved meanwhile. */
  async save(over = false): Promise<Layout | null> {
    const { base } = this;
    if (!base) return null;
    const edits = over ? (this.layouts.get(base.id)?.edits ?? base.edits) : base.edits;
    const saved = await this.layouts.put({ ...this.draft(base.name, base.shared), id: base.id, edits });
    this.base = saved;
    this.remember();
    return saved;
  }

  /** `id`: of a try that is repeated. */
  async saveAs(name: string, shared: boolean, id = newId()): Promise<Layout> {
    const saved = await this.layouts.put(this.draft(name, shared, id));
    if (this.#holdsAll) this.#all = this.picture();
    else if (this.#under?.layout === null) this.#all = this.#under;
    this.#under = null;
    this.brought = null;
    this.base = saved;
    this.remember();
    return saved;
  }

  /** This is how the shift starts. */
  setStart(who = this.#room.me): void {
    const picture = this.#under ?? this.tour.before ?? this.picture();
    this.start = { picture, at: Date.now() * 1000, who };
    this.#keep(memoryOf(this.#window + BESIDE.start, picture), true);
  }

  /** Somebody else sits in front of the window: his shift starts. */
  takeOver(operator: string): void {
    if (this.ready && this.start && this.start.who !== operator) this.setStart(operator);
  }

  /** Back to how the shift started. */
  toStart(): boolean {
    const { start } = this;
    if (!start) return false;
    this.tour.manual();
    this.tour.drop();
    if (this.#holdsAll) this.#all = this.picture();
    const before = this.picture();
    const tiles = this.tiles;
    this.#under = null;
    this.brought = null;
    this.#restore(start.picture);
    this.#keepUndo(before);
    this.#history.note(tiles, this.tiles);
    this.follow(this.#room.ordered);
    this.remember();
    return true;
  }

  /** A square grid of so many tiles. */
  setGrid(grid: number): void {
    if (isForm(String(grid))) this.setForm(String(grid) as WallForm);
  }

  /** A person chose: from now on the shape stays. */
  setForm(form: WallForm): void {
    this.setShape(shapeOf(form));
  }

  setShape(shape: WallShape): void {
    this.tour.manual();
    this.#grows = false;
    this.#large = false;
    if (!sameShape(shape, this.shape)) this.#keepUndo();
    this.#showShape(shape);
    this.remember();
  }

  /** A border is being dragged; `done`: the hand let go. */
  bend(shape: WallShape, done: boolean): void {
    this.tour.manual();
    this.#unbent ??= this.shape;
    const before = this.#unbent;
    this.shape = shape;
    if (!done) return;
    this.#unbent = null;
    if (sameShape(before, shape)) return;
    this.#grows = false;
    this.#keepUndo({ ...this.picture(), shape: before });
    this.remember();
  }

  /** Moves the focused tile's right or lower border. */
  nudge(axis: Axis, by: 1 | -1): void {
    if (!this.#large) this.bend(nudge(this.shape, this.#focus, axis, by * NUDGE), true);
  }

  /** The borders back to where the form has them. */
  straighten(): void {
    if (this.shape.cells) this.setShape(shapeOf(this.shape.form));
  }

  /** The focused camera stays in sight and focused. */
  #showShape(shape: WallShape): void {
    const count = cellsOf(shape).length;
    const on_hotspot = this.#focus === this.hotspot;
    const at = placeOf(this.#pages(), this.#focus);
    const hotspot = this.hotspot !== null && count > 1 && this.hotspot < count ? this.hotspot : null;
    this.shape = shape;
    this.hotspot = hotspot;
    const to = tileOf({ grid: count, hotspot }, Math.max(0, at));
    this.#page = to.page;
    this.#focus = on_hotspot && hotspot !== null ? hotspot : to.tile;
    this.#keepInside();
  }

  turnPage(by: number): void {
    this.tour.manual();
    this.showPage(this.#page + by);
  }

  showPage(to: number): void {
    const page = Math.min(Math.max(to, 0), this.pages - 1);
    if (page === this.#page) return;
    this.#page = page;
    this.#large = false;
    this.remember();
  }

  /** Moves the frame to the tile that lies there; past the edge is nowhere: an operator would lose place. */
  moveFocus(dx: number, dy: number): void {
    const to = neighbourOf(cellsOf(this.shape), this.#focus, dx, dy);
    // An enlarged wall goes from picture to picture.
    if (to === null || (this.#large && !this.tiles[to])) return;
    this.focus = to;
  }

  enlarge(tile: number): void {
    if (!this.tiles[tile]) return;
    this.focus = tile;
    this.#large = true;
    this.remember();
  }

  toggleLarge(): void {
    if (this.#large) this.large = false;
    else this.enlarge(this.#focus);
  }

  put(tile: number, camera: CameraId): void {
    if (tile === this.hotspot) {
      this.tour.manual();
      this.#focus = tile;
      this.#follow(camera);
      return;
    }
    this.#change(() => {
      this.order = put(this.order, placeOf(this.#pages(), tile), camera);
      this.#focus = tile;
      this.#follow(camera);
    });
  }

  swap(a: number, b: number): void {
    const [from, to] = [this.tiles[a] ?? null, this.tiles[b] ?? null];
    if (a === b) return;
    // The hotspot gives and takes copies.
    if (a === this.hotspot || b === this.hotspot) {
      const camera = a === this.hotspot ? this.followed : from;
      if (camera !== null) this.put(b, camera);
      return;
    }
    this.#change(() => {
      this.order = swap(this.order, placeOf(this.#pages(), a), placeOf(this.#pages(), b));
      this.#focus = b;
      this.#follow(from ?? to);
    });
  }

  empty(tile: number): void {
    this.#large = false;
    if (tile === this.hotspot) {
      this.tour.manual();
      this.followed = null;
      return;
    }
    this.#change(() => (this.order = empty(this.order, placeOf(this.#pages(), tile))));
  }

  /** Brings a camera before the operator: its page and tile if it has one, else the focused tile. */
  find(camera: CameraId): void {
    // Somebody looks for another one: what was brought up is over.
    if (this.brought && !this.brought.cameras.includes(camera)) this.back(true);
    const at = this.order.indexOf(camera);
    const place = at < 0 ? null : tileOf(this, at);
    if (this.hotspot !== null) {
      this.tour.manual();
      this.#large = false;
      this.#follow(camera);
      this.#focus = place && place.page === this.#page ? place.tile : this.hotspot;
      return;
    }
    if (!place) {
      this.put(this.#focus, camera);
      return;
    }
    if (place.page !== this.#page) this.#large = false;
    this.#page = place.page;
    this.focus = place.tile;
  }

  /** The tile follows the chosen camera from now on, with its main stream; null: no tile does. */
  setHotspot(tile: number | null): void {
    if (tile === this.hotspot || (tile !== null && this.grid < 2)) return;
    this.#change(() => {
      const camera = tile === null ? this.followed : (this.tiles[tile] ?? this.focused);
      this.hotspot = tile;
      this.followed = tile === null ? null : camera;
      this.#keepInside();
    });
  }

  #follow(camera: CameraId | null): void {
    if (this.hotspot !== null && camera !== null) this.followed = camera;
    this.remember();
  }

  /** Cameras come up over what is there, in a layout that is as large as they need; `back` returns to what was there. */
  bringUp(cameras: readonly CameraId[], title: string | null = null): void {
    const there = [...new Set(cameras)].filter((camera) => this.#room.cameras.has(camera));
    if (there.length === 0) return;
    this.tour.manual();
    this.#under ??= this.picture();
    this.brought = { cameras: there, title };
    this.#restore({ shape: shapeOf(formFor(there.length)), order: there, page: 0, focus: 0, large: false, hotspot: null, followed: null, layout: null });
    this.remember();
  }

  /** One step back: from an enlarged picture, then from what was brought up. Says whether there was one. */
  back(all = false): boolean {
    if (this.#large && !all) {
      this.large = false;
      return true;
    }
    const under = this.#under;
    if (!under) return false;
    this.tour.manual();
    this.#under = null;
    this.brought = null;
    this.#restore(under);
    this.remember();
    return true;
  }

  /** What a tile showed before by a person's hand, newest first, eight at most. */
  history(tile: number): CameraId[] {
    return this.#history.of(tile, this.tiles[tile] ?? null).filter((camera) => this.#room.cameras.has(camera));
  }

  /** The n-th of {@link history} into the tile again. */
  putBack(tile: number, n = 0): void {
    const camera = this.history(tile)[n];
    if (camera !== undefined) this.put(tile, camera);
  }

  /** Takes the last change back. Says whether there was one. */
  undo(): boolean {
    const before = this.#undo.pop();
    if (!before) return false;
    this.tour.manual();
    this.undoable = this.#undo.length;
    const tiles = this.tiles;
    this.#restore(before);
    this.#history.note(tiles, this.tiles);
    this.remember();
    return true;
  }

  takePainted(tiles: TilePainted[]): void {
    // A tile of which only key frames are decoded is fresh until the next of them is late.
    notePainted(this.painted, tiles, (tile) => (tile.tier === 'key_frames' ? Math.max(STALE_MS, lateMs(this.#room.cameras.get(tile.camera))) : STALE_MS));
  }

  #pages() {
    return { grid: this.grid, page: this.#page, hotspot: this.hotspot };
  }

  /** What is shown now. */
  picture(): WallPicture {
    const { shape, order, hotspot, followed, layout } = this;
    return { shape, order, page: this.#page, focus: this.#focus, large: this.#large, hotspot, followed, layout };
  }

  /** Shows what was shown once, as a tour does. */
  showPicture(picture: WallPicture): void {
    this.#restore(picture);
    this.remember();
  }

  #restore(picture: WallPicture): void {
    const { layout } = picture;
    if (layout === null) this.base = null;
    else if (this.base?.id !== layout) this.base = this.layouts.get(layout) ?? null;
    this.shape = picture.shape;
    this.order = picture.order;
    this.hotspot = picture.hotspot;
    this.followed = picture.followed;
    this.#page = picture.page;
    this.#focus = picture.focus;
    this.#large = picture.large;
    this.#keepInside();
  }

  /** Something that a person does to the tiles, and may take back. */
  #change(act: () => void): void {
    this.tour.manual();
    const before = this.picture();
    const tiles = this.tiles;
    act();
    this.#keepUndo(before);
    this.#history.note(tiles, this.tiles);
    this.remember();
  }

  #keepUndo(before = this.picture()): void {
    this.#undo = [...this.#undo, before].slice(-UNDO_MOST);
    this.undoable = this.#undo.length;
  }

  #keepInside(): void {
    if (this.#page >= this.pages) this.#page = this.pages - 1;
    if (this.#focus >= this.grid) this.#focus = this.grid - 1;
    if (this.#large && !this.focused) this.#large = false;
  }

  /** Soon, and once for a row of changes. */
  remember(): void {
    if (!this.ready) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#rememberNow(), REMEMBER_MS);
  }

  #rememberNow(): void {
    const window = this.#window;
    const { brought } = this;
    this.#keep(memoryOf(window, this.picture(), { chosen: !this.#grows, tour: this.tour.view(), brought: brought ? (brought.title ?? '') : null }));
    const under = this.tour.before ?? this.#under;
    if (under) this.#keep(memoryOf(window + BESIDE.before, under));
    const all = this.#holdsAll ? null : (this.#all ?? (under?.layout === null ? under : null));
    if (all) this.#keep(memoryOf(window + BESIDE.all, all));
    if (!all && !this.#holdsAll) return;
    const on = new Set((all ?? this).order);
    const off = [...this.#known].filter((camera) => !on.has(camera));
    // Nothing is written while nothing was ever taken off.
    if (off.length > 0 || this.#any_off) this.#keep(memoryOf(window + BESIDE.off, { ...this.picture(), order: off, layout: null, page: 0, focus: 0, large: false }));
    this.#any_off = off.length > 0;
  }

  #keep(memory: WallMemory, always = false): void {
    const text = JSON.stringify(memory);
    if (!always && this.#told.get(memory.window) === text) return;
    this.#told.set(memory.window, text);
    this.#room.backend.call('wall.remember', memory).catch((thrown) => {
      this.#told.delete(memory.window);
      console.warn('wall.remember', asFailure(thrown).problem.key);
    });
  }
}

function sameOrder(a: Order, b: Order): boolean {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? null) === (b[i] ?? null)).every(Boolean);
}

/** The first wall shows sixteen, fewer only if there are fewer cameras. */
function smallestForm(cameras: number): WallForm {
  return (['1', '4', '9'] as const).find((form) => cameras <= Number(form)) ?? '16';
}
