// A person as they are typed in. Pure.

import type { CameraId, Person, PersonDraft, Role, UnitId } from '../../lib/backend/backend';

export interface PersonFields {
  id: string;
  login: string;
  name: string;
  roles: Role[];
  /** Only some cameras. */
  limited: boolean;
  units: UnitId[];
  cameras: CameraId[];
  retired: boolean;
}

export function fieldsOf(person: Person | null, id: string): PersonFields {
  if (!person) return { id, login: '', name: '', roles: ['operator'], limited: false, units: [], cameras: [], retired: false };
  const { units, cameras } = person.limit;
  return {
    id: person.id, login: person.login, name: person.name, roles: [...person.roles], limited: units.length + cameras.length > 0,
    units: [...units], cameras: [...cameras], retired: person.retired !== null,
  };
}

/** The password stands beside the fields: it is never kept with them. Empty: as it is. */
export function draftOf(f: PersonFields, password: string): PersonDraft {
  const word = (text: string) => text.normalize('NFC').trim();
  return {
    id: f.id,
    login: word(f.login),
    name: word(f.name),
    roles: [...f.roles],
    limit: f.limited ? { units: [...f.units], cameras: [...f.cameras] } : { units: [], cameras: [] },
    retired: f.retired,
    password: password === '' ? null : password,
  };
}

/** A limit to nothing would be no limit to the station. */
export function limitsNothing(f: PersonFields): boolean {
  return f.limited && f.units.length === 0 && f.cameras.length === 0;
}

/** Nothing but words is missing: the rest the station judges. */
export function ready(f: PersonFields, is_new: boolean, password: string): boolean {
  return f.login.trim() !== '' && f.name.trim() !== '' && f.roles.length > 0 && !limitsNothing(f) && (!is_new || password !== '');
}
