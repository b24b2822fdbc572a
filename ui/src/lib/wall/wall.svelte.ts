// The wall of one window: its shape, which camera in which tile, focus, enlarged. Remembered at the station.

import { SvelteMap } from 'svelte/reactivity';
import type { Camera, CameraId, TilePainted } from '../backend/backend';
import { asFailure } from '../backend/backend';
import type { RoomState } from '../room/room.svelte';
import type { Board, Painted } from './board';
import { nudge, type Axis } from './borders';
import { empty, pageCount, perPage, placeOf, put, reconcile, swap, tileOf, tilesOf, type Order } from './order';
import { TileHistory, UNDO_MOST, type WallPicture } from './picture';
import { cellsOf, formFor, isForm, neighbourOf, sameShape, shapeOf, type WallForm, type WallShape } from './shape';

/** Remembering waits until a drag or a row of key presses is over. */
const REMEMBER_MS = 700;
/** The station keeps at most so many. */
const REMEMBER_MOST = 256;
/** The station remembers beside each window's wall what was taken off it, under a name that no window can have. */
const OFF_SUFFIX = '_off';
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
  /** A person did something: a tour pauses. */
  onmanual: () => void = () => {};

  #page = $state(0);
  #focus = $state(0);
  #large = $state(false);

  /** Tiles of a page. */
  readonly grid: number = $derived(cellsOf(this.shape).length);
  readonly pages: number = $derived(pageCount(this.order, perPage(this)));
  readonly tiles: (CameraId | null)[] = $derived(tilesOf(this.order, { grid: this.grid, page: this.#page, hotspot: this.hotspot }, this.followed));
  readonly focused: CameraId | null = $derived(this.tiles[this.#focus] ?? null);

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
  /** The shape before a border was taken. */
  #unbent: WallShape | null = null;
  readonly #history = new TileHistory();

  constructor(room: RoomState) {
    this.#room = room;
  }

  get page(): number {
    return this.#page;
  }
  /** The tile with the frame, counted on the page. */
  get focus(): number {
    return this.#focus;
  }
  set focus(tile: number) {
    this.onmanual();
    this.#focus = tile;
    this.#follow(this.tiles[tile] ?? null);
  }
  /** The focused tile fills the wall. */
  get large(): boolean {
    return this.#large;
  }
  set large(large: boolean) {
    if (large === this.#large) return;
    this.onmanual();
    this.#large = large;
  }

  /** Asks the station what this window showed last. */
  async recall(window: string): Promise<void> {
    this.#window = window;
    const recalled = (name: string) =>
      this.#room.backend.call('wall.recall', name).catch((thrown: unknown) => {
        console.warn('wall.recall', asFailure(thrown).problem.key);
        return null;
      });
    const [memory, off] = await Promise.all([recalled(window), recalled(window + OFF_SUFFIX)]);
    const cameras = this.#room.ordered;
    if (memory && isForm(String(memory.grid))) {
      const there = memory.tiles.filter((id) => id !== null);
      this.shape = shapeOf(String(memory.grid) as WallForm);
      this.order = memory.tiles;
      // A camera that a person took off is no new one: it stays off.
      this.#any_off = (off?.tiles.length ?? 0) > 0;
      this.#known = new Set([...there, ...(off?.tiles ?? []).filter((id) => id !== null)]);
      this.#grows = memory.grid === cellsOf(shapeOf(smallestForm(there.length))).length;
    }
    this.ready = true;
    this.follow(cameras);
  }

  /** Where the eye was when the window was last open, as far as there is such a place now. */
  standAt(place: { page: number; focus: number; large: boolean }): void {
    this.#page = place.page;
    this.#focus = place.focus;
    this.#large = place.large;
    this.#keepInside();
  }

  /** The room's cameras changed. Cameras never seen are appended; one that a person took off stays off. */
  follow(cameras: Camera[]): void {
    if (!this.ready) return;
    const ids = cameras.map((camera) => camera.id);
    const known = new Set(ids);
    const added = ids.filter((id) => !this.#known.has(id));
    this.#known = known;
    if (this.followed !== null && !known.has(this.followed)) this.followed = null;
    // What was brought up stays what it is; the new ones stand on the wall beneath.
    if (this.#under) this.#under = { ...this.#under, order: reconcile(this.#under.order, known, added) };
    else this.order = reconcile(this.order, known, added);
    if (this.#grows && ids.length > 0 && !this.brought) this.#showShape(shapeOf(smallestForm(ids.length)));
    this.#keepInside();
    if (added.length > 0) this.#remember();
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
    this.onmanual();
    this.#grows = false;
    this.#large = false;
    if (!sameShape(shape, this.shape)) this.#keepUndo();
    this.#showShape(shape);
    this.#remember();
  }

  /** A border is being dragged; `done`: the hand let go. */
  bend(shape: WallShape, done: boolean): void {
    this.onmanual();
    this.#unbent ??= this.shape;
    const before = this.#unbent;
    this.shape = shape;
    if (!done) return;
    this.#unbent = null;
    if (sameShape(before, shape)) return;
    this.#grows = false;
    this.#keepUndo({ ...this.#picture(), shape: before });
    this.#remember();
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
    this.onmanual();
    this.showPage(this.#page + by);
  }

  showPage(to: number): void {
    const page = Math.min(Math.max(to, 0), this.pages - 1);
    if (page === this.#page) return;
    this.#page = page;
    this.#large = false;
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
  }

  toggleLarge(): void {
    if (this.#large) this.large = false;
    else this.enlarge(this.#focus);
  }

  put(tile: number, camera: CameraId): void {
    if (tile === this.hotspot) {
      this.onmanual();
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
      this.onmanual();
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
      this.onmanual();
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
    this.#remember();
  }

  /** Cameras come up over what is there, in a layout that is as large as they need; `back` returns to what was there. */
  bringUp(cameras: readonly CameraId[], title: string | null = null): void {
    const there = [...new Set(cameras)].filter((camera) => this.#room.cameras.has(camera));
    if (there.length === 0) return;
    this.onmanual();
    this.#under ??= this.#picture();
    this.brought = { cameras: there, title };
    this.#restore({ shape: shapeOf(formFor(there.length)), order: there, page: 0, focus: 0, large: false, hotspot: null, followed: null });
    this.#remember();
  }

  /** One step back: from an enlarged picture, then from what was brought up. Says whether there was one. */
  back(all = false): boolean {
    if (this.#large && !all) {
      this.large = false;
      return true;
    }
    const under = this.#under;
    if (!under) return false;
    this.onmanual();
    this.#under = null;
    this.brought = null;
    this.#restore(under);
    this.#remember();
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
    this.onmanual();
    this.undoable = this.#undo.length;
    const tiles = this.tiles;
    this.#restore(before);
    this.#history.note(tiles, this.tiles);
    this.#remember();
    return true;
  }

  /** Age of the focused tile's picture in milliseconds: the moment a person reacts to is the one that was shown. */
  ageOf(tile: number): number {
    return (this.painted.get(tile)?.age_s ?? 0) * 1000;
  }

  takePainted(tiles: TilePainted[]): void {
    const seen = new Set<number>();
    for (const tile of tiles) {
      if (!tile.painted) continue;
      seen.add(tile.tile);
      // A fresh picture has no age to show: nothing on the page changes while all is well.
      const age_s = (tile.age_ms ?? 0) >= STALE_MS ? Math.floor((tile.age_ms ?? 0) / 1000) : null;
      const before = this.painted.get(tile.tile);
      if (before?.camera !== tile.camera || before.age_s !== age_s) {
        this.painted.set(tile.tile, { camera: tile.camera, age_s });
      }
    }
    for (const tile of [...this.painted.keys()]) if (!seen.has(tile)) this.painted.delete(tile);
  }

  #pages() {
    return { grid: this.grid, page: this.#page, hotspot: this.hotspot };
  }

  #picture(): WallPicture {
    const { shape, order, hotspot, followed } = this;
    return { shape, order, page: this.#page, focus: this.#focus, large: this.#large, hotspot, followed };
  }

  #restore(picture: WallPicture): void {
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
    this.onmanual();
    const before = this.#picture();
    const tiles = this.tiles;
    act();
    this.#keepUndo(before);
    this.#history.note(tiles, this.tiles);
    this.#remember();
  }

  #keepUndo(before = this.#picture()): void {
    this.#undo = [...this.#undo, before].slice(-UNDO_MOST);
    this.undoable = this.#undo.length;
  }

  #keepInside(): void {
    if (this.#page >= this.pages) this.#page = this.pages - 1;
    if (this.#focus >= this.grid) this.#focus = this.grid - 1;
    if (this.#large && !this.focused) this.#large = false;
  }

  #remember(): void {
    if (!this.ready) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const { order, shape } = this.#under ?? this;
      const on = new Set(order);
      const off = [...this.#known].filter((camera) => !on.has(camera));
      this.#keep(this.#window, shape, order);
      // Nothing is written while nothing was ever taken off.
      if (off.length > 0 || this.#any_off) this.#keep(this.#window + OFF_SUFFIX, shape, off);
      this.#any_off = off.length > 0;
    }, REMEMBER_MS);
  }

  #keep(window: string, shape: WallShape, order: Order): void {
    const grid = Number(shape.form) || 16;
    this.#room.backend
      .call('wall.remember', { window, grid, tiles: order.slice(0, REMEMBER_MOST) })
      .catch((thrown) => console.warn('wall.remember', asFailure(thrown).problem.key));
  }
}

/** The first wall shows sixteen, fewer only if there are fewer cameras. */
function smallestForm(cameras: number): WallForm {
  return (['1', '4', '9'] as const).find((form) => cameras <= Number(form)) ?? '16';
}
