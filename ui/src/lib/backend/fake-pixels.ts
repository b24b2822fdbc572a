// Drawn stand-ins for pictures, sent as the station sends real ones.

import type { Camera, PicturePart, WallShow, WallShown } from './backend';

const TICK_MS = 250;

export class FakePixels {
  readonly #camera: (id: string) => Camera | undefined;
  /** The moment that a window's archive tiles show of a camera; null: nothing is recorded there. */
  readonly #archive: (window: string, camera: string) => number | null;
  readonly #batches = new Set<(batch: ArrayBuffer) => void>();
  #shown: WallShow = { window: 'main', tiles: [] };
  #assignment = 0;
  #batch = 0;
  #in_flight = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(camera: (id: string) => Camera | undefined, archive: (window: string, camera: string) => number | null) {
    this.#camera = camera;
    this.#archive = archive;
  }

  show(shown: WallShow): WallShown {
    this.#shown = shown;
    this.#assignment += 1;
    if (typeof document !== 'undefined') this.#timer ??= setInterval(() => this.#send(), TICK_MS);
    return {
      mosaic: { pid: 0, fd: 0, bytes: 0, generation: this.#assignment },
      tiles: shown.tiles.map((t, slot) => ({ tile: t.tile, slot, assignment: this.#assignment })),
    };
  }

  onBatch(fn: (batch: ArrayBuffer) => void): () => void {
    this.#batches.add(fn);
    return () => this.#batches.delete(fn);
  }

  acknowledge(batch: number): void {
    if (batch === this.#batch) this.#in_flight = false;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#in_flight = false;
  }

  #send(): void {
    if (this.#in_flight) return;
    const moment = (t: WallShow['tiles'][number]) => (t.archive ? this.#archive(this.#shown.window, t.camera) : Date.now() * 1000);
    const live = this.#shown.tiles.filter((t) =>
      t.archive ? moment(t) !== null : this.#camera(t.camera)?.sessions.some((s) => s.state.phase === 'live'),
    );
    const bytes = live.reduce((sum, t) => sum + 24 + t.width_px * t.height_px * 4, 8);
    const data = new ArrayBuffer(bytes);
    const view = new DataView(data);
    this.#batch += 1;
    view.setUint32(0, this.#batch, true);
    view.setUint32(4, live.length, true);
    let at = 8;
    for (const t of live) {
      view.setUint32(at, t.tile, true);
      view.setUint32(at + 4, t.width_px, true);
      view.setUint32(at + 8, t.height_px, true);
      view.setUint32(at + 12, 40, true);
      view.setBigUint64(at + 16, BigInt(this.#assignment), true);
      const pixels = this.#draw(t.camera, t.width_px, t.height_px, moment(t) ?? 0, t.view);
      new Uint8ClampedArray(data, at + 24, pixels.length).set(pixels);
      at += 24 + pixels.length;
    }
    this.#in_flight = true;
    for (const fn of this.#batches) fn(data);
  }

  picture(camera: string, width: number, height: number, at = Date.now() * 1000): string {
    if (typeof document === 'undefined') return 'data:image/png;base64,';
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d');
    context?.putImageData(new ImageData(new Uint8ClampedArray(this.#draw(camera, width, height, at)), width, height), 0, 0);
    return canvas.toDataURL('image/jpeg', 0.8);
  }

  #draw(camera: string, w: number, h: number, at: number, view: PicturePart | null = null): Uint8ClampedArray {
    const seed = [...camera].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) >>> 0, 7);
    const canvas = new OffscreenCanvas(w, h);
    const g = canvas.getContext('2d');
    if (!g) return new Uint8ClampedArray(w * h * 4);
    if (view) g.setTransform(1 / view.w, 0, 0, 1 / view.h, (-view.x / view.w) * w, (-view.y / view.h) * h);
    const night = seed % 5 === 0;
    g.fillStyle = night ? '#1b222c' : ['#a9b4b0', '#8fa0b2', '#9fb2bd'][seed % 3] ?? '#a9b4b0';
    g.fillRect(0, 0, w, h);
    g.fillStyle = night ? '#15181c' : ['#62613f', '#55603f', '#5e5638'][seed % 3] ?? '#62613f';
    g.fillRect(0, h * 0.36, w, h);
    for (let i = 0; i < 9; i += 1) {
      const r = (seed >>> i) % 97;
      g.fillStyle = night ? '#10151b' : ['#6f5a4e', '#7d7465', '#3c4f3c', '#5b6659'][r % 4] ?? '#6f5a4e';
      const bh = h * (0.05 + (r % 10) / 70);
      g.fillRect((i / 9) * w, h * 0.36 - bh, w * 0.09, bh);
    }
    g.fillStyle = night ? '#26292d' : '#4b4d50';
    const top = w * (0.5 + ((seed % 21) - 10) / 60);
    g.beginPath();
    g.moveTo(top - w * 0.02, h * 0.36);
    g.lineTo(top + w * 0.02, h * 0.36);
    g.lineTo(w * 0.98, h);
    g.lineTo(w * 0.02, h);
    g.fill();
    const t = at / 4_000_000;
    for (let i = 0; i < 4; i += 1) {
      const y = (t * (0.5 + i / 6) + i * 0.27 + (seed % 10) / 10) % 1;
      const s = 0.02 + y * 0.16;
      g.fillStyle = ['#b98a24', '#26386b', '#cfd2d4', '#9c2b2b', '#15171a'][(seed + i) % 5] ?? '#15171a';
      const x = top + (i - 1.5) * w * 0.2 * y;
      g.fillRect(x - (w * s) / 2, h * (0.36 + y * 0.6) - (w * s) / 3, w * s, w * s * 0.5);
    }
    return g.getImageData(0, 0, w, h).data;
  }
}
