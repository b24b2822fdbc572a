// The page paints: pixel batches over the WebSocket onto one 2D canvas over the wall's placeholders. One batch is in
// flight; it is acknowledged after it was drawn in an animation frame, so a hidden page costs nothing, and what waited
// while it was hidden is dropped, not shown late.

import { asFailure, type CameraId, type PixelDoor, type TilePainted, type TileRect } from '../backend/backend';
import { readBatch, type BatchTile } from './batch';
import type { Presenter } from './presenter';

/** A batch that waited longer for its animation frame is old news. */
const STALE_BATCH_MS = 150;
const REPORT_MS = 2000;
/** A layout is told once it stands still: while a window is resized the station is not asked for every step. */
const SETTLE_MS = 60;

interface Painted {
  camera: CameraId;
  /** When the picture on the screen arrived at the station, by this page's clock. */
  arrived_ms: number;
  count: number;
}

export class PagePresenter implements Presenter {
  readonly #door: PixelDoor;
  readonly #window: string;
  readonly #stage: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #offs: (() => void)[] = [];
  readonly #listeners = new Set<(tiles: TilePainted[]) => void>();
  readonly #oldest = new Set<(age_ms: number | null) => void>();
  #tiles = new Map<number, TileRect>();
  #assignments = new Map<number, number>();
  #painted = new Map<number, Painted>();
  #blank: ReadonlySet<number> = new Set();
  #glass_ms: number[] = [];
  #pictures = 0;
  #told = '';
  /** A tile got its first picture since it was told. */
  #first = false;
  #asked = 0;
  #settle: ReturnType<typeof setTimeout> | undefined;

  constructor(door: PixelDoor, window_name: string, stage: HTMLElement) {
    this.#door = door;
    this.#window = window_name;
    this.#stage = stage;
    this.#canvas = document.createElement('canvas');
    this.#canvas.className = 'page-presenter';
    this.#canvas.setAttribute('aria-hidden', 'true');
    stage.append(this.#canvas);
    // Drawing is putImageData only: a canvas in main memory is cheaper than one that is read back from a GPU.
    const context = this.#canvas.getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('no 2d canvas');
    this.#context = context;
    this.#offs.push(door.onBatch((data) => this.#take(data)));
    this.#offs.push(
      door.onLink((state) => {
        if (state !== 'joined') return;
        this.#told = '';
        this.#show();
      }),
    );
    const states = setInterval(() => this.#tell(), 1000);
    const report = setInterval(() => this.#report(), REPORT_MS);
    this.#offs.push(() => clearInterval(states), () => clearInterval(report));
  }

  setTiles(tiles: TileRect[]): void {
    const scale = window.devicePixelRatio;
    const { clientWidth, clientHeight } = this.#canvas;
    const width = Math.round(clientWidth * scale);
    const height = Math.round(clientHeight * scale);
    const before = this.#tiles;
    const { left, top } = this.#stage.getBoundingClientRect();
    const shown = tiles
      .filter((t) => t.shown && t.w * scale >= 1 && t.h * scale >= 1)
      .map((t) => ({ ...t, x: t.x - left, y: t.y - top }));
    this.#tiles = new Map(shown.map((t) => [t.tile, t]));
    this.#carryOver(before, width, height, scale);
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.#show(), SETTLE_MS);
  }

  /** Pictures of cameras that stay on the wall are kept, at their new size, until new ones come. */
  #carryOver(before: Map<number, TileRect>, width: number, height: number, scale: number): void {
    const old = document.createElement('canvas');
    const same_size = this.#canvas.width === width && this.#canvas.height === height;
    const still = same_size && [...this.#tiles.values()].every((t) => sameRect(before.get(t.tile), t));
    const from = new Map<CameraId, { rect: TileRect; painted: Painted }>();
    for (const [tile, painted] of this.#painted) {
      const rect = before.get(tile);
      if (rect && !this.#blank.has(tile)) from.set(painted.camera, { rect, painted });
    }
    if (!still && this.#canvas.width > 0) {
      old.width = this.#canvas.width;
      old.height = this.#canvas.height;
      if (old.width > 0 && old.height > 0) old.getContext('2d')?.drawImage(this.#canvas, 0, 0);
    }
    if (!same_size) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    } else if (!still) {
      this.#context.clearRect(0, 0, width, height);
    }
    const painted = new Map<number, Painted>();
    for (const tile of this.#tiles.values()) {
      const kept = from.get(tile.camera);
      if (!kept) {
        if (still) this.#clear(tile);
        continue;
      }
      painted.set(tile.tile, { ...kept.painted });
      if (still) continue;
      const a = device(kept.rect, scale);
      const b = device(tile, scale);
      if (a.w > 0 && a.h > 0) this.#context.drawImage(old, a.x, a.y, a.w, a.h, b.x, b.y, b.w, b.h);
    }
    if (still) for (const tile of before.values()) if (!this.#tiles.has(tile.tile)) this.#clear(tile);
    this.#painted = painted;
  }

  setOccluders(): void {}

  setBlank(tiles: ReadonlySet<number>): void {
    this.#blank = tiles;
    for (const tile of tiles) {
      const rect = this.#tiles.get(tile);
      if (!rect || !this.#painted.has(tile)) continue;
      this.#clear(rect);
      this.#painted.delete(tile);
    }
  }

  #clear(tile: TileRect): void {
    const r = device(tile, window.devicePixelRatio);
    this.#context.clearRect(r.x, r.y, r.w, r.h);
  }

  #show(): void {
    const scale = window.devicePixelRatio;
    const tiles = [...this.#tiles.values()].map((t) => ({
      tile: t.tile,
      camera: t.camera,
      width_px: Math.max(1, Math.round(t.w * scale)),
      height_px: Math.max(1, Math.round(t.h * scale)),
      large: t.large,
      archive: t.archive,
      glance: t.glance ?? false,
      focused: t.focused ?? false,
      view: t.view ?? null,
    }));
    const told = JSON.stringify(tiles);
    if (told === this.#told) return;
    this.#told = told;
    const asked = ++this.#asked;
    this.#door.call('wall.show', { window: this.#window, tiles }).then(
      (shown) => {
        if (asked === this.#asked) this.#assignments = new Map(shown.tiles.map((t) => [t.tile, t.assignment]));
      },
      (thrown) => {
        console.warn('wall.show', asFailure(thrown).problem.key);
        if (asked === this.#asked) this.#told = '';
      },
    );
  }

  #take(data: ArrayBuffer): void {
    const batch = readBatch(data);
    if (!batch) return;
    const came_ms = performance.now();
    requestAnimationFrame(() => {
      const waited_ms = performance.now() - came_ms;
      if (waited_ms <= STALE_BATCH_MS) for (const tile of batch.tiles) this.#paint(tile, waited_ms);
      if (this.#first) this.#tell();
      this.#door.acknowledge(batch.batch);
    });
  }

  #paint(picture: BatchTile, waited_ms: number): void {
    const tile = this.#tiles.get(picture.tile);
    // An older assignment's picture is another camera's or another layout's.
    if (!tile || this.#blank.has(picture.tile) || this.#assignments.get(picture.tile) !== picture.assignment) return;
    const r = device(tile, window.devicePixelRatio);
    const image = new ImageData(picture.pixels, picture.width_px, picture.height_px);
    if (picture.width_px === r.w && picture.height_px === r.h) {
      this.#context.putImageData(image, r.x, r.y);
    } else {
      const canvas = document.createElement('canvas');
      canvas.width = picture.width_px;
      canvas.height = picture.height_px;
      canvas.getContext('2d')?.putImageData(image, 0, 0);
      this.#context.drawImage(canvas, r.x, r.y, r.w, r.h);
    }
    const age_ms = picture.age_ms + waited_ms;
    // A recorded picture is as old as it is: that is no delay.
    if (!tile.archive) this.#glass_ms.push(age_ms);
    this.#pictures += 1;
    const before = this.#painted.get(picture.tile);
    this.#painted.set(picture.tile, { camera: tile.camera, arrived_ms: performance.now() - age_ms, count: (before?.count ?? 0) + 1 });
    // The first picture is news at once; what follows is told with the second.
    if (before?.camera !== tile.camera) this.#first = true;
  }

  #tell(): void {
    this.#first = false;
    const now = performance.now();
    const states = [...this.#tiles.values()].map((tile): TilePainted => {
      const painted = this.#painted.get(tile.tile);
      const fps = painted?.count ?? 0;
      if (painted) painted.count = 0;
      const age_ms = painted && !tile.archive ? Math.round(now - painted.arrived_ms) : null;
      return { tile: tile.tile, camera: tile.camera, painted: painted !== undefined, age_ms, fps };
    });
    for (const fn of this.#listeners) fn(states);
    const glance = states.filter((state) => state.age_ms !== null && this.#tiles.get(state.tile)?.glance);
    if (glance.length === 0) return;
    const oldest = glance.reduce((most, state) => Math.max(most, state.age_ms ?? 0), 0);
    for (const fn of this.#oldest) fn(oldest);
  }

  #report(): void {
    if (this.#told === '') this.#show();
    const sorted = this.#glass_ms.splice(0).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
    const painted_fps = (this.#pictures * 1000) / REPORT_MS;
    this.#pictures = 0;
    if (document.hidden) return;
    this.#door
      .call('wall.report', {
        window: this.#window,
        tiles: this.#tiles.size,
        painted_fps,
        glass_ms_p50: at(0.5),
        glass_ms_p95: at(0.95),
        pid: 0,
      })
      .catch(() => {});
  }

  tileStates(fn: (tiles: TilePainted[]) => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  oldest(fn: (age_ms: number | null) => void): () => void {
    this.#oldest.add(fn);
    return () => this.#oldest.delete(fn);
  }

  dispose(): void {
    this.#tiles = new Map();
    this.#show();
    clearTimeout(this.#settle);
    for (const off of this.#offs) off();
    this.#door.close();
    this.#canvas.remove();
  }
}

function device(rect: { x: number; y: number; w: number; h: number }, scale: number) {
  return {
    x: Math.round(rect.x * scale),
    y: Math.round(rect.y * scale),
    w: Math.round(rect.w * scale),
    h: Math.round(rect.h * scale),
  };
}

function sameRect(a: TileRect | undefined, b: TileRect): boolean {
  return a !== undefined && a.x === b.x && a.y === b.y && a.w === b.w && a.h === b.h;
}
