import { describe, expect, it } from 'vitest';
import type { Person } from '../../lib/backend/backend';
import { FakeBackend } from '../../lib/backend/fake';
import { draftOf, fieldsOf, limitsNothing, ready } from './draft';

const person: Person = {
  id: 'p', login: 'an', name: 'Nguyễn An', roles: ['operator'], limit: { units: ['u'], cameras: [] }, retired: null, must_change: false, seen: null,
};

describe('a person’s form', () => {
  it('sends what it was filled with, and no password that nobody typed', () => {
    expect(draftOf(fieldsOf(person, 'x'), '')).toEqual({ id: 'p', login: 'an', name: 'Nguyễn An', roles: ['operator'], limit: { units: ['u'], cameras: [] }, retired: false, password: null });
  });

  it('never sends a limit to nothing, which would be none', () => {
    const fields = { ...fieldsOf(person, 'x'), units: [] };
    expect([limitsNothing(fields), ready(fields, false, '')]).toEqual([true, false]);
    expect(draftOf({ ...fields, limited: false }, '').limit).toEqual({ units: [], cameras: [] });
  });

  it('wants a password for a new person only', () => {
    const fields = { ...fieldsOf(null, 'n'), login: 'binh', name: 'Bình' };
    expect([ready(fields, true, ''), ready(fields, true, 'matkhau99'), ready(fields, false, '')]).toEqual([false, true, true]);
  });

  it('cannot take the last administrator away', async () => {
    const backend = new FakeBackend(1);
    await backend.call('people.first', { window: 'main', id: 'p', login: 'an', name: 'An', password: 'matkhaudai' });
    const [only] = await backend.call('people.list', null);
    const draft = draftOf({ ...fieldsOf(only ?? null, 'p'), roles: ['operator'] }, '');
    await expect(backend.call('people.put', draft)).rejects.toMatchObject({ problem: { code: 'Precondition' } });
  });
});
