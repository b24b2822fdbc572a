// The casebook as far as every screen needs it: that incidents changed, the present shift, the tasks that are open. Lists
// and files are asked for by the screens that show them.

import type { Backend, Incident, Shift } from '../backend/backend';
import { isRefused } from '../backend/backend';

export class Casebook {
  /** Counts up when an incident was opened or changed. */
  changed = $state(0);
  /** The one that changed last. */
  last = $state.raw<Incident | null>(null);
  shift = $state.raw<Shift | null>(null);
  /** Counts up when a shift or a task changed. */
  shifts_changed = $state(0);
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  join(): () => void {
    const b = this.#backend;
    const offs = [
      b.on('incident.changed', (incident) => {
        this.last = incident;
        this.changed += 1;
      }),
      b.on('shift.changed', (shift) => this.takeShift(shift)),
      b.on('task.changed', () => (this.shifts_changed += 1)),
      b.on('resync', () => void this.fetchAll()),
    ];
    return () => offs.forEach((off) => off());
  }

  takeShift(shift: Shift): void {
    if (shift.ended === null) this.shift = shift;
    else if (this.shift?.id === shift.id) this.shift = null;
    this.shifts_changed += 1;
  }

  async fetchAll(): Promise<void> {
    try {
      this.shift = await this.#backend.call('shift.now', null);
    } catch (thrown) {
      if (isRefused(thrown)) this.shift = null;
    }
    this.changed += 1;
    this.shifts_changed += 1;
  }

  /** Nothing of the one who left stays. */
  forget(): void {
    this.last = null;
    this.shift = null;
  }
}
