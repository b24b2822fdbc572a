// Where it moves, as this page knows it: asked of the station every few seconds, and only while somebody looks.

import { SvelteMap } from 'svelte/reactivity';
import type { Backend, CameraId } from '../backend/backend';
import { levelOf, type Level } from './activity';

const EVERY_MS = 4000;

export class Activity {
  /** Levels above nothing; a camera that is not in it is still, or nothing is known of it. */
  readonly levels = new SvelteMap<CameraId, Level>();
  values: ReadonlyMap<CameraId, number> = new Map();
  readonly #backend: Backend;
  #watchers = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Asks now. */
  async fetch(): Promise<ReadonlyMap<CameraId, number>> {
    const told = await this.#backend.call('camera.activity', null);
    this.values = new Map(told.map(({ camera, level }) => [camera, level]));
    for (const camera of this.levels.keys()) if (!this.values.has(camera)) this.levels.delete(camera);
    for (const [camera, value] of this.values) {
      const before = this.levels.get(camera) ?? 0;
      const level = levelOf(value, before);
      if (level === before) continue;
      if (level === 0) this.levels.delete(camera);
      else this.levels.set(camera, level);
    }
    return this.values;
  }

  /** Goes on asking until the returned function is called. */
  watch(): () => void {
    this.#watchers += 1;
    if (this.#watchers === 1) this.#ask();
    return () => {
      this.#watchers -= 1;
      if (this.#watchers === 0) clearTimeout(this.#timer);
    };
  }

  #ask(): void {
    clearTimeout(this.#timer);
    const again = () => {
      if (this.#watchers > 0) this.#timer = setTimeout(() => this.#ask(), EVERY_MS);
    };
    // A hidden page has nobody who looks; a station that is away is asked again later.
    if (typeof document !== 'undefined' && document.hidden) again();
    else this.fetch().then(again, again);
  }
}
