// A list of bookmarks with its filters: asked for page by page, asked again when something changes.

import type { Bookmark, BookmarkQuery, CameraId, Problem, UnitId, UtcMicros } from '../../lib/backend/backend';
import { asFailure } from '../../lib/backend/backend';
import type { Backend } from '../../lib/backend/backend';

export interface BookmarkFilters {
  text: string;
  from: UtcMicros | null;
  to: UtcMicros | null;
  camera: CameraId | null;
  unit: UnitId | null;
  category: string | null;
  tag: string;
  author: string;
  /** Those taken out of the lists too. */
  hidden: boolean;
}

export function noFilters(): BookmarkFilters {
  return { text: '', from: null, to: null, camera: null, unit: null, category: null, tag: '', author: '', hidden: false };
}

/** How many of the filters narrow. */
export function filterCount(f: BookmarkFilters): number {
  const set = [f.text.trim() !== '', f.from !== null, f.to !== null, f.camera !== null, f.unit !== null, f.category !== null];
  return [...set, f.tag.trim() !== '', f.author.trim() !== '', f.hidden].filter(Boolean).length;
}

/** As the station takes it. `cameras`: those that the screen is about; a camera of the filters goes before them. */
export function queryOf(f: BookmarkFilters, cameras: readonly CameraId[], limit: number, before: UtcMicros | null): BookmarkQuery {
  const word = (text: string) => text.normalize('NFC').trim();
  return {
    cameras: f.camera !== null ? [f.camera] : [...cameras],
    text: word(f.text),
    hidden: f.hidden,
    limit,
    ...(f.from !== null && { from: f.from }),
    ...(f.to !== null && { to: f.to }),
    ...(f.unit !== null && { unit: f.unit }),
    ...(f.category !== null && { category: f.category }),
    ...(word(f.tag) !== '' && { tag: word(f.tag) }),
    ...(word(f.author) !== '' && { author: word(f.author) }),
    ...(before !== null && { before }),
  };
}

export class BookmarkList {
  items = $state.raw<Bookmark[]>([]);
  loaded = $state(false);
  loading = $state(false);
  more = $state(false);
  problem = $state.raw<Problem | null>(null);
  readonly #backend: Backend;
  readonly #page: number;
  #run = 0;
  #key = '';

  constructor(backend: Backend, page = 60) {
    this.#backend = backend;
    this.#page = page;
  }

  /** From the newest on; of a list that has grown by paging, as many as there were. */
  async load(filters: BookmarkFilters, cameras: readonly CameraId[]): Promise<void> {
    const run = ++this.#run;
    const key = JSON.stringify(queryOf(filters, cameras, 0, null));
    const limit = Math.min(500, key === this.#key ? Math.max(this.#page, this.items.length) : this.#page);
    this.#key = key;
    this.loading = true;
    try {
      await this.#ask(queryOf(filters, cameras, limit, null), run, (items) => {
        this.items = items;
        this.more = items.length >= limit;
      });
    } catch (thrown) {
      if (run === this.#run) this.problem = asFailure(thrown).problem;
    } finally {
      if (run === this.#run) this.loading = false;
    }
  }

  /** The next page. */
  async older(filters: BookmarkFilters, cameras: readonly CameraId[]): Promise<void> {
    const last = this.items.at(-1);
    if (!last || this.loading) return;
    const run = ++this.#run;
    this.loading = true;
    try {
      const before = this.items;
      const known = new Set(before.map((each) => each.id));
      await this.#ask(queryOf(filters, cameras, this.#page, last.at), run, (items) => {
        this.items = [...before, ...items.filter((each) => !known.has(each.id))];
        this.more = items.length >= this.#page;
      });
    } catch (thrown) {
      if (run === this.#run) this.problem = asFailure(thrown).problem;
    } finally {
      if (run === this.#run) this.loading = false;
    }
  }

  /** As far as it goes at once; and everywhere, where that was not a whole page. */
  async #ask(query: BookmarkQuery, run: number, take: (items: Bookmark[]) => void): Promise<void> {
    for (const quick of [true, false]) {
      const items = await this.#backend.call('bookmark.list', { ...query, quick });
      if (run !== this.#run) return;
      if (items.length > 0 || !quick) take(items);
      this.problem = null;
      if (items.length >= (query.limit ?? 0)) break;
    }
    this.loaded = true;
  }
}
