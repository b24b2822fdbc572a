// The audit with its filters, newest first, page by page.

import type { AuditEntry, AuditQuery, Backend, Problem, UtcMicros } from '../../lib/backend/backend';
import { asFailure } from '../../lib/backend/backend';

export interface AuditFilters {
  who: string;
  /** All commands that begin so. */
  command: string;
  from: UtcMicros | null;
  to: UtcMicros | null;
}

export const GROUPS = ['people', 'incident', 'review', 'hold', 'copy', 'bookmark', 'still', 'note', 'shift', 'camera', 'search', 'room', 'volume', 'backup', 'alarm'] as const;

export function noFilters(): AuditFilters {
  return { who: '', command: '', from: null, to: null };
}

export function queryOf(f: AuditFilters, limit: number, before: number | null): AuditQuery {
  const who = f.who.normalize('NFC').trim();
  return { who: who || null, command: f.command || null, object: null, from: f.from, to: f.to, before, limit };
}

export class AuditList {
  rows = $state.raw<AuditEntry[]>([]);
  loaded = $state(false);
  loading = $state(false);
  more = $state(false);
  problem = $state.raw<Problem | null>(null);
  readonly #backend: Backend;
  readonly #page: number;
  #run = 0;

  constructor(backend: Backend, page = 100) {
    this.#backend = backend;
    this.#page = page;
  }

  load(filters: AuditFilters): Promise<void> {
    return this.#ask(filters, null, []);
  }

  async older(filters: AuditFilters): Promise<void> {
    const last = this.rows.at(-1);
    if (last && this.more && !this.loading) await this.#ask(filters, last.seq, this.rows);
  }

  async #ask(filters: AuditFilters, before: number | null, kept: AuditEntry[]): Promise<void> {
    const run = ++this.#run;
    this.loading = true;
    try {
      const rows = await this.#backend.call('audit.list', queryOf(filters, this.#page, before));
      if (run !== this.#run) return;
      this.rows = [...kept, ...rows];
      this.more = rows.length === this.#page;
      this.loaded = true;
      this.problem = null;
    } catch (thrown) {
      if (run === this.#run) this.problem = asFailure(thrown).problem;
    } finally {
      if (run === this.#run) this.loading = false;
    }
  }
}

/** What a command wrote down beside itself, as a line. */
export function detailText(detail: Record<string, unknown>): string {
  return Object.entries(detail)
    .filter(([, value]) => value !== null && value !== '')
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ');
}
