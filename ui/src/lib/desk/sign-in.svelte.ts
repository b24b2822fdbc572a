// Who sits at this window: nobody yet, somebody, somebody who is away. The station decides; this page shows it, and comes
// back by itself to a sign-in that a lost connection interrupted.

import type { AtDesk, Backend, CommandName, Person, Role } from '../backend/backend';
import { ACCESS, asFailure, type Problem } from '../backend/backend';

/** Kept in the page's own memory of this session: a page that is loaded again is still this person's. */
const TOKEN = 'easien.sign-in';
const IDLE_LOOK_MS = 1000;
/** How often the station is told that a hand moves here: whoever works at one window does not lose the other ones. */
const HAND_MS = 20_000;

export class SignIn {
  /** As the station last said; null: not asked yet. */
  at = $state.raw<AtDesk | null>(null);
  /** Counts up when another person sits here, or the same one is back: everything is fetched again. */
  turns = $state(0);
  /** The form for the first person is open. */
  first_open = $state(false);
  password_open = $state(false);
  readonly #backend: Backend;
  /** The window's name for itself at the station. */
  #window: Promise<string> | null = null;
  #token: string | null = null;
  #hand_ms = Date.now();
  #locking = false;
  #told_ms = 0;

  readonly person: Person | null = $derived(this.at?.person ?? null);
  /** Somebody must sign in before anything is shown. */
  readonly out: boolean = $derived(this.at !== null && this.at.needed && this.at.person === null);
  readonly locked: boolean = $derived(this.at?.locked === true);
  /** There are people in this room; until then everybody may do everything. */
  readonly needed: boolean = $derived(this.at?.needed === true);
  /** Another one's password: they choose their own before they go on. */
  readonly must_change: boolean = $derived(!this.out && this.person?.must_change === true);
  /** Everything may be shown. */
  readonly open: boolean = $derived(this.at !== null && !this.out && !this.locked && !this.must_change);

  constructor(backend: Backend) {
    this.#backend = backend;
    this.#token = stored()?.getItem(TOKEN) ?? null;
  }

  /** One of these roles is held here. */
  may(...roles: Role[]): boolean {
    if (!this.needed) return true;
    return this.person?.roles.some((role) => roles.includes(role)) ?? false;
  }

  /** Whether the station would let whoever sits here call this: the same table, made from its command list. */
  can(command: CommandName): boolean {
    if (!this.needed) return true;
    const access = ACCESS[command];
    if (access.includes('anyone')) return true;
    if (this.out || !this.person) return false;
    if (access.includes('watcher')) return true;
    if (this.locked || this.must_change) return false;
    return access.includes('signed_in') || this.person.roles.some((role) => access.includes(role));
  }

  join(): () => void {
    const b = this.#backend;
    const offs = [
      b.on('desk.changed', (at) => this.#take(at)),
      b.on('resync', () => void this.ask()),
      b.onLink((link) => {
        if (link === 'joined') void this.ask();
      }),
      this.#watchHand(),
    ];
    return () => offs.forEach((off) => off());
  }

  /** Who sits here; a sign-in that was interrupted is taken up again. */
  async ask(): Promise<void> {
    try {
      const at = await this.#backend.call('people.at_desk', null);
      const again = at.needed && at.person === null;
      const there = again ? await this.#again(at) : at;
      // The station may not know that this desk was locked while it was away: it stays so.
      const locked = this.locked && !there.locked && there.person !== null && there.person.id === this.person?.id;
      this.#take(locked ? { ...there, locked } : there, again && there.person !== null);
      if (locked) await this.#try(() => this.#backend.call('people.lock', null));
    } catch (thrown) {
      // A station that knows no people, or that is just going: the next joining asks again.
      if (asFailure(thrown).problem.code === 'Unsupported') this.#take(NOBODY);
    }
  }

  /** Without the token of that sign-in (the window program itself had died) the desk comes back locked. */
  async #again(at: AtDesk): Promise<AtDesk> {
    try {
      return await this.#backend.call('people.sign_in_again', { window: await this.#name(), token: this.#token ?? '' });
    } catch (thrown) {
      if (asFailure(thrown).problem.code === 'Unavailable') throw thrown;
      return at;
    }
  }

  #name(): Promise<string> {
    return (this.#window ??= this.#backend.windowInfo().then((info) => info.window));
  }

  #keep(token: string | null): void {
    this.#token = token;
    if (token === null) stored()?.removeItem(TOKEN);
    else stored()?.setItem(TOKEN, token);
  }

  #take(at: AtDesk, came = false): void {
    const before = this.at;
    this.at = at;
    if (at.token !== null) this.#keep(at.token);
    if (at.needed && at.person === null && before?.person) this.#keep(null);
    if (!at.locked) this.#hand_ms = Date.now();
    const another = before?.person?.id !== at.person?.id || before?.needed !== at.needed;
    const back = before?.locked === true && !at.locked;
    if (before === null || another || back || came) this.turns += 1;
  }

  /** Null: done. */
  async #try(call: () => Promise<AtDesk>): Promise<Problem | null> {
    try {
      this.#take(await call());
      return null;
    } catch (thrown) {
      return asFailure(thrown).problem;
    }
  }

  first(id: string, login: string, name: string, password: string): Promise<Problem | null> {
    return this.#try(async () => this.#backend.call('people.first', { window: await this.#name(), id, login, name, password }));
  }

  signIn(login: string, password: string): Promise<Problem | null> {
    return this.#try(async () => this.#backend.call('people.sign_in', { window: await this.#name(), login, password }));
  }

  breakGlass(name: string, reason: string, code: string): Promise<Problem | null> {
    return this.#try(async () => this.#backend.call('people.break_glass', { window: await this.#name(), name, reason, code }));
  }

  signOut(): Promise<Problem | null> {
    return this.#try(() => this.#backend.call('people.sign_out', null));
  }

  unlock(password: string): Promise<Problem | null> {
    return this.#try(() => this.#backend.call('people.unlock', { password }));
  }

  changePassword(old: string, next: string): Promise<Problem | null> {
    return this.#try(() => this.#backend.call('people.password', { old, new: next }));
  }

  /** The handover signed the second person in. */
  takeOver(at: AtDesk): void {
    this.#take(at);
  }

  /** The wall stays, records are hidden: at once, even before the station has answered. */
  async lock(): Promise<void> {
    if (!this.at?.person || this.at.locked || this.#locking) return;
    this.#locking = true;
    this.at = { ...this.at, locked: true, token: null };
    const problem = await this.#try(() => this.#backend.call('people.lock', null));
    this.#locking = false;
    // Hidden all the same; the station hears of it when it is back.
    if (problem) console.warn('lock', problem);
  }

  #watchHand(): () => void {
    if (typeof window === 'undefined') return () => {};
    const hand = () => this.hand(Date.now());
    const seen = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const;
    for (const each of seen) window.addEventListener(each, hand, { capture: true, passive: true });
    const timer = setInterval(() => this.lookIdle(Date.now()), IDLE_LOOK_MS);
    return () => {
      for (const each of seen) window.removeEventListener(each, hand, { capture: true });
      clearInterval(timer);
    };
  }

  /** A hand moved at this window. */
  hand(now_ms: number): void {
    this.#hand_ms = now_ms;
    if (!this.needed || !this.open || now_ms - this.#told_ms < HAND_MS) return;
    this.#told_ms = now_ms;
    void this.#backend.call('people.hand', null).catch(() => {});
  }

  /** Locks where no hand moved for too long; the station knows whether one moved at another window of this program. */
  lookIdle(now_ms: number): void {
    const idle_s = this.at?.idle_s ?? 0;
    if (idle_s > 0 && now_ms - this.#hand_ms >= idle_s * 1000) void this.#idle(now_ms, idle_s);
  }

  async #idle(now_ms: number, idle_s: number): Promise<void> {
    if (!this.open || !this.at?.person || this.#locking) return;
    this.#locking = true;
    const problem = await this.#try(() => this.#backend.call('people.idle', null));
    this.#locking = false;
    // A station that does not answer keeps nobody's records open.
    if (problem) void this.lock();
    else if (!this.locked) this.#hand_ms = now_ms - idle_s * 1000 + HAND_MS;
  }
}

const NOBODY: AtDesk = { needed: false, person: null, locked: false, since: null, token: null, idle_s: 0, sealed: null, people: [] };

function stored(): Storage | null {
  try {
    return typeof sessionStorage === 'undefined' ? null : sessionStorage;
  } catch {
    return null;
  }
}
