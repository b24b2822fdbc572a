// Small recorded pictures, asked for few at a time and kept for a while: a list that is scrolled through does not flood
// the station.

import type { Backend, CameraId, Thumbnail, UtcMicros } from '../backend/backend';

const AT_ONCE = 2;
const MOST_KEPT = 240;
/** Where there was no picture there may be one soon: the footage is still being written. */
const NONE_FOR_MS = 15_000;

interface Wanted {
  run: () => Promise<void>;
  dropped: boolean;
}

export class Thumbnails {
  readonly #backend: Backend;
  readonly #kept = new Map<string, { picture: Thumbnail | null; ms: number }>();
  readonly #queue: Wanted[] = [];
  #running = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Calls `fn` with the picture, or null if there is none. The result takes the wish back. */
  want(camera: CameraId, at: UtcMicros, width_px: number, fn: (picture: Thumbnail | null) => void): () => void {
    const key = `${camera} ${at} ${width_px}`;
    const known = this.#kept.get(key);
    if (known && (known.picture || Date.now() - known.ms < NONE_FOR_MS)) {
      fn(known.picture);
      return () => {};
    }
    const wanted: Wanted = {
      dropped: false,
      run: async () => {
        let picture: Thumbnail | null = null;
        try {
          picture = await this.#backend.call('review.thumbnail', { camera, at, width_px });
        } catch {
          // The list says "no picture"; why there is none is said where one looks at the footage itself.
        }
        this.#keep(key, picture);
        if (!wanted.dropped) fn(picture);
      },
    };
    // The newest wish is what is on the screen now.
    this.#queue.push(wanted);
    this.#next();
    return () => {
      wanted.dropped = true;
    };
  }

  #keep(key: string, picture: Thumbnail | null): void {
    this.#kept.delete(key);
    this.#kept.set(key, { picture, ms: Date.now() });
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value ?? '');
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      const wanted = this.#queue.pop();
      if (!wanted) return;
      if (wanted.dropped) continue;
      this.#running += 1;
      void wanted.run().finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }
}
