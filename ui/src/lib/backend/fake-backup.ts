// Backups of the station in memory: a plan, some that were made, one that can be watched. Part of fake.ts.

import { Failure } from './backend';
import type { Backup, BackupPlan, BackupReport, BackupStart, BackupState, Code, Commands, EventData, EventName } from './backend';
import { newId } from './ids';

const DAY_US = 86_400_000_000;
const now = () => Date.now() * 1000;

export interface BackupRoom {
  who(): string;
  log(command: string, object: string): void;
  tell<N extends EventName>(event: N, data: EventData<N>): void;
}

type Kept = 'backup.get' | 'backup.set' | 'backup.start' | 'backup.cancel';
export type BackupHandlers = { [K in Kept]: (args: Commands[K]['args']) => Commands[K]['reply'] };

function problem(code: Code, key: string, field: string | null = null, params: Record<string, string> = {}): Failure {
  return new Failure({ code, key, field, params, detail: '' });
}

function report(missing: string[] = []): BackupReport {
  return {
    files: 214, file_bytes: 1_912_300_000, tables: 52, rows: 812_004, stills: 181, stills_bytes: 702_000_000, attachments: 31, attachments_bytes: 640_000_000,
    rehearsed_files: 214, rehearsed_rows: 812_004, audit_rows: 402_118, keys_opened: true, missing, missing_count: missing.length,
    sha256: '5f1d'.repeat(16), seconds: 48.2,
  };
}

export class FakeBackup {
  readonly #room: BackupRoom;
  #plan: BackupPlan = { on: false, at_minute: 150, every_days: 1, folder: '', keep: 14, keys: true, since: 0 };
  #passphrase: number | null = null;
  readonly #list: Backup[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(room: BackupRoom, filled: boolean) {
    this.#room = room;
    if (!filled) return;
    this.#plan = { ...this.#plan, on: true, folder: '/media/sao-luu', since: now() - 40 * DAY_US };
    this.#passphrase = now() - 40 * DAY_US;
    const night = new Date();
    night.setHours(2, 30, 0, 0);
    for (let i = 0; i < 5; i += 1) {
      const begun = (night.getTime() - i * 86_400_000) * 1000;
      const missing = i === 2 ? ['attachments/9c/9c1f0a77e2'] : [];
      this.#list.push({ ...this.#made(newId(), 'easien-station', begun, begun), report: report(missing) });
    }
    const failed = this.#list[1];
    if (failed) Object.assign(failed, { phase: 'failed', bytes: null, report: null, here: false, problem: { code: 'DiskFull', key: 'problem_backup_no_room', field: null, params: { needed: '4093000000', free: '1200000000' }, detail: '' } });
    const typed = this.#made(newId(), 'Lê Thị Hoa', (night.getTime() - 300_000_000) * 1000, null);
    this.#list.push({ ...typed, removed: null, here: false });
  }

  #made(id: string, author: string, begun: number, due: number | null): Backup {
    const stamp = new Date(begun / 1000).toISOString().slice(0, 19).replace('T', '_').replaceAll(':', '-');
    const file = `${this.#plan.folder || '/media/sao-luu'}/ES_${stamp}.easien-backup`;
    return {
      id, begun, ended: begun + 92_000_000, due, author, file, keys: true, phase: 'done', stage: null, share: 1, bytes: 1_912_412_331, report: report(), problem: null,
      removed: null, here: true, restore: `easien-station --data /home/truc/.local/share/easien backup restore ${file} --passphrase-file PASSPHRASE.txt`,
    };
  }

  #state(): BackupState {
    const good = this.#list.find((backup) => backup.phase === 'done') ?? null;
    const next = new Date();
    next.setHours(Math.floor(this.#plan.at_minute / 60), this.#plan.at_minute % 60, 0, 0);
    if (next.getTime() < Date.now()) next.setDate(next.getDate() + 1);
    return {
      plan: this.#plan, passphrase: this.#passphrase, passphrase_lost: false, next: this.#plan.on ? next.getTime() * 1000 : null, overdue: false, same_disk: false,
      estimate_bytes: 1_915_000_000, free_bytes: this.#plan.folder === '' ? null : 51_200_000_000, good, list: [...this.#list],
    };
  }

  /** Forty steps, ten seconds: long enough to be watched and stopped. */
  #start(start: BackupStart): Backup {
    const known = this.#list.find((backup) => backup.id === start.id);
    if (known) return known;
    const folder = start.folder.trim() || this.#plan.folder;
    if (!folder.startsWith('/')) throw problem('Invalid', 'problem_backup_folder', 'folder', { folder });
    if (start.keys && start.passphrase === null && this.#passphrase === null) throw problem('Precondition', 'problem_backup_passphrase_none', 'passphrase');
    if (typeof start.passphrase === 'string' && start.passphrase.length < 12) throw problem('Invalid', 'problem_backup_passphrase', 'passphrase');
    if (this.#list.some((backup) => backup.phase === 'running')) throw problem('Unavailable', 'problem_backup_busy');
    const made = this.#made(start.id, this.#room.who(), now(), null);
    let step = 0;
    const show = (change: Partial<Backup>) => {
      const at = this.#list.findIndex((backup) => backup.id === start.id);
      const backup = { ...(this.#list[at] ?? made), ...change };
      if (at >= 0) this.#list[at] = backup;
      else this.#list.unshift(backup);
      this.#room.tell('backup.changed', backup);
      return backup;
    };
    const begun = show({ phase: 'running', stage: 'database', share: 0, ended: null, bytes: null, report: null, here: false, file: `${folder}/${made.file.split('/').pop() ?? ''}` });
    this.#timer = setInterval(() => {
      step += 1;
      if (step < 40) return void show({ share: step / 40, stage: step < 2 ? 'database' : step < 18 ? 'files' : step < 22 ? 'sealing' : 'rehearsal' });
      clearInterval(this.#timer);
      show({ phase: 'done', stage: null, share: 1, ended: now(), bytes: 1_912_412_331, report: report(), here: true });
    }, 250);
    this.#room.log('backup.start', `backup ${start.id}`);
    return begun;
  }

  readonly handlers: BackupHandlers = {
    'backup.get': () => this.#state(),
    'backup.set': (draft) => {
      const bounds: [boolean, string][] = [[draft.at_minute < 1440, 'at_minute'], [draft.every_days >= 1 && draft.every_days <= 31, 'every_days'], [draft.keep >= 1 && draft.keep <= 365, 'keep']];
      for (const [fits, field] of bounds) if (!fits) throw problem('Invalid', 'problem_backup_plan', field);
      if (draft.on && !draft.folder.startsWith('/')) throw problem('Invalid', 'problem_backup_folder', 'folder', { folder: draft.folder });
      if (typeof draft.passphrase === 'string' && draft.passphrase.length < 12) throw problem('Invalid', 'problem_backup_passphrase', 'passphrase');
      if (draft.on && draft.keys && draft.passphrase === null && this.#passphrase === null) throw problem('Precondition', 'problem_backup_passphrase_none', 'passphrase');
      const { passphrase, ...plan } = draft;
      if (passphrase !== null) this.#passphrase = now();
      this.#plan = { ...plan, since: now() };
      this.#room.log('backup.set', 'backup');
      return this.#state();
    },
    'backup.start': (start) => this.#start(start),
    'backup.cancel': (id) => {
      const at = this.#list.findIndex((backup) => backup.id === id);
      const known = this.#list[at];
      if (!known) throw problem('NotFound', 'problem_backup_not_found');
      if (known.phase !== 'running') return known;
      clearInterval(this.#timer);
      const stopped: Backup = { ...known, phase: 'cancelled', stage: null, ended: now() };
      this.#list[at] = stopped;
      this.#room.tell('backup.changed', stopped);
      return stopped;
    },
  };
}
