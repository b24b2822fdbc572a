// Who works in the room of the station in memory, and who sits at this desk. Part of fake.ts.

import { Failure } from './backend';
import type { AtDesk, Code, Commands, EventData, EventName, Person, Role } from './backend';
import { newId } from './ids';

const now = () => Date.now() * 1000;
/** Everybody's password; whoever types another one waits. */
export const FAKE_PASSWORD = 'matkhau1';
const ALL: Role[] = ['operator', 'investigator', 'supervisor', 'administrator'];

export interface PeopleRoom {
  operator(): string;
  log(command: string, object: string): void;
  tell<N extends EventName>(event: N, data: EventData<N>): void;
}

type Peopled = Extract<keyof Commands, `people.${string}`>;
export type PeopleHandlers = { [K in Peopled]: (args: Commands[K]['args']) => Commands[K]['reply'] };

function problem(code: Code, key: string, field: string | null = null, params: Record<string, string> = {}): Failure {
  return new Failure({ code, key, field, params, detail: '' });
}

export class FakePeople {
  readonly #room: PeopleRoom;
  readonly people: Person[] = [];
  readonly #passwords = new Map<string, string>();
  #signed: string | null = null;
  /** Who was signed in at this window last, and may come back. */
  #last: string | null = null;
  #locked = false;
  #since: number | null = null;
  #sealed: number | null = null;
  #code = '';
  #failures = 0;
  #wait_until = 0;
  /** The window locks itself after so many seconds without a hand. */
  idle_s = 0;

  /** `mode`: nothing for nobody; `in`, `out`, `locked` for a room with people; a login for who is signed in. */
  constructor(room: PeopleRoom, mode: string | null) {
    this.#room = room;
    if (mode === null) return;
    this.#add('chihuy1', 'Chỉ huy 01', ['supervisor', 'investigator', 'administrator', 'operator']);
    this.#add('trucban1', 'Trực ban 01', ['operator']);
    this.#add('trucban2', 'Trực ban 02', ['operator']);
    this.#add('dieutra1', 'Điều tra 01', ['investigator']);
    this.#add('quantri', 'Quản trị', ['administrator']);
    this.#sealed = now() - 20 * 86_400_000_000;
    this.#code = 'ABCDE-FGHIJ-KLMNO-PQRST-UVWXY';
    if (mode === 'out') return;
    const login = mode === 'in' || mode === 'locked' ? 'chihuy1' : mode;
    this.#signed = this.#last = this.people.find((each) => each.login === login)?.id ?? null;
    this.#since = now();
    this.#locked = mode === 'locked';
  }

  #add(login: string, name: string, roles: Role[]): Person {
    const person: Person = { id: newId(), login, name, roles, limit: { units: [], cameras: [] }, retired: null, must_change: false, seen: now() - 3_600_000_000 };
    this.people.push(person);
    this.#passwords.set(person.id, FAKE_PASSWORD);
    return person;
  }

  get person(): Person | null {
    return this.people.find((each) => each.id === this.#signed) ?? null;
  }

  get roles(): readonly Role[] {
    return this.people.length === 0 ? ALL : (this.person?.roles ?? []);
  }

  get who(): string {
    return this.person?.name ?? this.#room.operator();
  }

  /** Whether what is asked for may be answered now, as the station's list of commands says. */
  refusal(command: string): Failure | null {
    if (this.people.length === 0 || command.startsWith('people.') || command === 'room.get' || command === 'window.ask') return null;
    if (this.#signed === null) return problem('Unauthenticated', 'problem_signed_out', null, { command });
    const watching = /^(wall\.|page\.|camera\.(list|activity)|unit\.list|category\.list)/.test(command);
    return this.#locked && !watching ? problem('Unauthenticated', 'problem_locked', null, { command }) : null;
  }

  at(token: string | null = null): AtDesk {
    return {
      needed: this.people.length > 0,
      person: this.person,
      locked: this.#locked || this.person?.must_change === true,
      since: this.#since,
      token,
      idle_s: this.idle_s,
      sealed: this.#sealed,
      people: this.people.filter((each) => each.retired === null).map(({ login, name }) => ({ login, name })),
    };
  }

  /** For tests: the connection was lost. */
  lose(): void {
    this.#signed = null;
  }

  /** For tests: locks by itself. */
  lock(): void {
    this.#locked = true;
    this.#room.tell('desk.changed', this.at());
  }

  #in(person: Person): AtDesk {
    this.#failures = 0;
    this.#signed = this.#last = person.id;
    this.#locked = false;
    this.#since = now();
    person.seen = now();
    this.#room.log('people.sign_in', `person ${person.id}`);
    return this.at(`token-${person.id}`);
  }

  check(login: string, password: string, field = 'password'): Person {
    const left = Math.ceil((this.#wait_until - Date.now()) / 1000);
    if (left > 0) throw problem('Unauthenticated', 'problem_sign_in_wait', field, { seconds: String(left) });
    const person = this.people.find((each) => each.login === login.trim().toLowerCase() && each.retired === null);
    if (person && this.#passwords.get(person.id) === password) return person;
    this.#failures += 1;
    if (this.#failures >= 3) this.#wait_until = Date.now() + 1000 * 2 ** (this.#failures - 1);
    throw problem('Unauthenticated', 'problem_sign_in_wrong', field);
  }

  signIn(login: string, password: string): AtDesk {
    return this.#in(this.check(login, password));
  }

  /** Somebody works at another window of the same program. */
  hand_elsewhere = false;

  readonly handlers: PeopleHandlers = {
    'people.at_desk': () => this.at(),
    'people.first': ({ id, login, name, password }) => {
      if (this.people.length > 0) throw problem('Precondition', 'problem_person_not_first');
      this.#valid(login, name, password);
      const person = this.#add(login.toLowerCase(), name, ALL);
      person.id = id;
      this.#passwords.set(id, password);
      return this.#in(person);
    },
    'people.sign_in': ({ login, password }) => this.signIn(login, password),
    'people.sign_in_again': ({ token }) => {
      if (this.#last === null) return this.at();
      this.#signed = this.#last;
      this.#locked ||= token !== `token-${this.#last}`;
      return this.at();
    },
    'people.sign_out': () => {
      this.#signed = this.#last = null;
      this.#locked = false;
      this.#since = null;
      return this.at();
    },
    'people.lock': () => {
      this.#locked = true;
      return this.at();
    },
    'people.hand': () => null,
    'people.idle': () => {
      this.#locked = !this.hand_elsewhere;
      return this.at();
    },
    'people.unlock': ({ password }) => {
      this.check(this.person?.login ?? '', password);
      this.#locked = false;
      this.#failures = 0;
      return this.at();
    },
    'people.password': ({ old, new: next }) => {
      const person = this.check(this.person?.login ?? '', old, 'old');
      if ([...next].length < 8) throw problem('Invalid', 'problem_person_password', 'new');
      this.#passwords.set(person.id, next);
      person.must_change = false;
      return this.at();
    },
    'people.list': () => [...this.people].sort((a, b) => a.name.localeCompare(b.name, 'vi')),
    'people.put': (draft) => {
      const known = this.people.find((each) => each.id === draft.id);
      this.#valid(draft.login, draft.name, draft.password);
      if (!known && draft.password === null) throw problem('Invalid', 'problem_person_password', 'password');
      if (this.people.some((each) => each.id !== draft.id && each.login === draft.login.toLowerCase())) throw problem('Conflict', 'problem_person_login_taken', 'login', { login: draft.login });
      const last = this.people.filter((each) => each.roles.includes('administrator') && each.retired === null);
      if (last.length === 1 && last[0]?.id === draft.id && (draft.retired || !draft.roles.includes('administrator'))) throw problem('Precondition', 'problem_person_last', 'roles');
      const person = known ?? this.#add(draft.login.toLowerCase(), draft.name, draft.roles);
      const { id, name, roles, limit } = draft;
      Object.assign(person, { id, name, roles, limit, retired: draft.retired ? (person.retired ?? now()) : null });
      if (draft.password !== null) {
        this.#passwords.set(person.id, draft.password);
        person.must_change = true;
      }
      return person;
    },
    'people.seal': () => {
      this.#sealed = now();
      this.#code = 'K7QWD-3MZPA-XH9RT-B4NVE-62YCJ';
      return { code: this.#code, made: this.#sealed };
    },
    'people.break_glass': ({ name, reason, code }) => {
      if (name.trim() === '') throw problem('Invalid', 'problem_person_name', 'name');
      if (reason.trim() === '') throw problem('Invalid', 'problem_reason', 'reason');
      if (this.#code === '' || code.replace(/\W/g, '').toUpperCase() !== this.#code.replace(/\W/g, '')) throw problem('Unauthenticated', 'problem_sealed_wrong', 'code');
      return this.#in(this.#add('phongbi', name, ALL));
    },
  };

  #valid(login: string, name: string, password: string | null): void {
    if (!/^[\p{L}\p{N}._-]{1,40}$/u.test(login)) throw problem('Invalid', 'problem_person_login', 'login');
    if (name === '' || name.length > 120) throw problem('Invalid', 'problem_person_name', 'name');
    if (password !== null && [...password].length < 8) throw problem('Invalid', 'problem_person_password', 'password');
  }
}
