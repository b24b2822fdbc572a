// The incident that is open: its file, asked for again when somebody changes it, and what is done to it.

import type { Backend, IncidentFile, IncidentId, Problem } from '../../lib/backend/backend';
import { asFailure } from '../../lib/backend/backend';

export class OpenIncident {
  file = $state.raw<IncidentFile | null>(null);
  problem = $state.raw<Problem | null>(null);
  loading = $state(false);
  readonly #backend: Backend;
  #run = 0;
  #doing = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  get backend(): Backend {
    return this.#backend;
  }

  async load(id: IncidentId | null): Promise<void> {
    const run = ++this.#run;
    if (this.file?.incident.id !== id) this.file = null;
    this.problem = null;
    if (id === null) return;
    this.loading = true;
    try {
      const file = await this.#backend.call('incident.get', id);
      // What was done meanwhile is newer than this reply.
      if (run === this.#run && this.#doing === 0) this.file = file;
    } catch (thrown) {
      if (run === this.#run) this.problem = asFailure(thrown).problem;
    } finally {
      if (run === this.#run) this.loading = false;
    }
  }

  /** Does something to it and shows what it is then; null: done. */
  async act(call: (backend: Backend) => Promise<IncidentFile>): Promise<Problem | null> {
    const id = this.file?.incident.id;
    this.#doing += 1;
    try {
      const file = await call(this.#backend);
      if (this.file?.incident.id === id && file.incident.id === id) this.file = file;
      this.#run += 1;
      return null;
    } catch (thrown) {
      return asFailure(thrown).problem;
    } finally {
      this.#doing -= 1;
    }
  }
}
