// Backups as the dialog knows them: asked for when it opens, kept up by events.

import { asFailure, type Backend, type Backup, type BackupPlan, type BackupPlanDraft, type BackupState, type Problem } from '../../lib/backend/backend';

/** `02:30` of a minute of the day. */
export function timeOf(at_minute: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(at_minute / 60))}:${two(at_minute % 60)}`;
}

/** The minute of the day of `02:30`; null: it is no time. */
export function minuteOf(text: string): number | null {
  const found = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  if (!found) return null;
  const minute = Number(found[1]) * 60 + Number(found[2]);
  return Number(found[1]) < 24 && Number(found[2]) < 60 ? minute : null;
}

/** What is typed of the plan. */
export interface TypedPlan {
  on: boolean;
  time: string;
  every: string;
  folder: string;
  keep: string;
  keys: boolean;
  passphrase: string;
  again: string;
}

export function typedOf(plan: BackupPlan): TypedPlan {
  return { on: plan.on, time: timeOf(plan.at_minute), every: String(plan.every_days), folder: plan.folder, keep: String(plan.keep), keys: plan.keys, passphrase: '', again: '' };
}

/** As it goes to the station; what is no number is refused there, with its field. */
export function draftOf(typed: TypedPlan): BackupPlanDraft {
  const whole = (text: string) => (/^\d{1,4}$/.test(text.trim()) ? Number(text) : 0);
  return {
    on: typed.on,
    at_minute: minuteOf(typed.time) ?? 9999,
    every_days: whole(typed.every),
    folder: typed.folder.trim(),
    keep: whole(typed.keep),
    keys: typed.keys,
    passphrase: typed.keys && typed.passphrase !== '' ? typed.passphrase : null,
  };
}

export class Backups {
  readonly #backend: Backend;
  state = $state.raw<BackupState | null>(null);
  problem = $state.raw<Problem | null>(null);
  readonly running: Backup | null = $derived(this.state?.list.find((backup) => backup.phase === 'running') ?? null);

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async fetch(): Promise<void> {
    try {
      this.state = await this.#backend.call('backup.get', null);
      this.problem = null;
    } catch (thrown) {
      this.problem = asFailure(thrown).problem;
    }
  }

  /** Until the dialog is closed. */
  join(): () => void {
    void this.fetch();
    return this.#backend.on('backup.changed', (backup) => this.take(backup));
  }

  take(backup: Backup): void {
    const { state } = this;
    if (!state) return;
    const list = state.list.some((each) => each.id === backup.id) ? state.list.map((each) => (each.id === backup.id ? backup : each)) : [backup, ...state.list];
    this.state = { ...state, list };
    // What came of it changes more than itself: the newest good one, what was taken away, what is free.
    if (backup.phase !== 'running') void this.fetch();
  }
}
