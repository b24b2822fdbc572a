import { describe, expect, it } from 'vitest';
import { unavailable, type IncidentNote } from '../../lib/backend/backend';
import { FakeBackend } from '../../lib/backend/fake';
import { newId } from '../../lib/backend/ids';
import { chronology } from './chronology';
import { OpenIncident } from './file.svelte';
import { filterCount, filtersOf, IncidentList, noFilters, queryOf, tabCount } from './list.svelte';

const note = (id: string, at: number, corrects: string | null = null): IncidentNote => ({
  note: { id, text: id, camera: null, at, category: null, author: 'x', created: at }, corrects, corrected_by: null, from: null,
});

describe('the chronology', () => {
  it('keeps what was corrected, with what corrects it, in its place', () => {
    const lines = chronology([note('a', 1), note('b', 2), note('c', 3), note('b2', 9, 'b'), note('b3', 10, 'b2')]);
    expect(lines.map((line) => [line.note.note.id, line.before.map((each) => each.note.id)])).toEqual([
      ['a', []],
      ['b3', ['b', 'b2']],
      ['c', []],
    ]);
  });

  it('loses no note, whatever corrects whatever', () => {
    const notes = [note('a', 1), note('a2', 2, 'a'), note('a3', 3, 'a'), note('z', 4, 'gone'), note('self', 5, 'self')];
    const shown = chronology(notes).flatMap((line) => [line.note.note.id, ...line.before.map((each) => each.note.id)]);
    for (const { note: { id } } of notes) if (id !== 'self') expect(shown).toContain(id);
  });
});

describe('a saved filter', () => {
  it('comes back as it was', () => {
    for (const tab of ['open', 'waiting', 'closed'] as const) {
      const filters = { ...noFilters(), tab, text: 'pháo', category: 'fireworks', opened_by: 'Trực ban 01', from: 5, order: 'severity' as const, reversed: true };
      expect(filtersOf({ ...queryOf(filters, 60, newId()) })).toEqual(filters);
    }
    // Of states that no tab has, the open ones.
    expect(filtersOf({ ...queryOf(noFilters(), 0, null), states: ['reopened'] }).tab).toBe('open');
  });
});

describe('the list', () => {
  it('sends only what narrows', () => {
    expect(queryOf({ ...noFilters(), text: ' pháo '.normalize('NFD'), opened_by: ' ' }, 60, null)).toMatchObject({ text: 'pháo', opened_by: null, category: null, after: null });
    expect(queryOf({ ...noFilters(), tab: 'closed' }, 60, null).states).toEqual(['closed', 'cancelled']);
    expect(filterCount({ ...noFilters(), text: 'a', tab: 'closed', category: 'traffic', opened_by: 'An' })).toBe(2);
  });

  it('counts what waits among what is open', async () => {
    const list = new IncidentList(new FakeBackend(16));
    await list.load(noFilters());
    expect([list.items.length, tabCount(list.counts, 'open'), tabCount(list.counts, 'waiting'), tabCount(list.counts, 'closed')]).toEqual([6, 6, 2, 7]);
  });

  it('goes on page by page, each incident once, and keeps its length', async () => {
    const list = new IncidentList(new FakeBackend(16), 4);
    const filters = { ...noFilters(), tab: 'closed' as const };
    await list.load(filters);
    expect([list.items.length, list.more]).toEqual([4, true]);
    await list.further(filters);
    expect([list.items.length, list.more, new Set(list.items.map((each) => each.id)).size]).toEqual([7, false, 7]);
    await list.further(filters);
    expect(list.items.length).toBe(7);
    await list.load(filters);
    expect(list.items.length).toBe(7);
  });

  it('finds a plate in part, and keeps what it has while the station is away', async () => {
    const backend = new FakeBackend(16);
    const list = new IncidentList(backend);
    const filters = { ...noFilters(), text: '47k1' };
    await list.load(filters);
    expect(list.items.map((each) => each.text.category)).toEqual(['fireworks']);
    backend.failing.set('incident.list', unavailable());
    await list.load(filters);
    expect([list.items.length, list.problem?.code]).toEqual([1, 'Unavailable']);
  });
});

describe('an open incident', () => {
  async function opened() {
    const backend = new FakeBackend(16);
    const { items } = await backend.call('incident.list', queryOf({ ...noFilters(), text: 'phao' }, 1, null));
    const open = new OpenIncident(backend);
    await open.load(items[0]?.id ?? '');
    return { backend, open, id: items[0]?.id ?? '' };
  }

  it('shows what was done at once, and a note that is sent twice once', async () => {
    const { open, id } = await opened();
    const before = open.file?.notes.length ?? 0;
    const draft = { id: newId(), incident: id, text: 'Xe dừng ở thôn 5.', at: 5, corrects: null };
    expect(await open.act((b) => b.call('incident.note', draft))).toBeNull();
    expect(await open.act((b) => b.call('incident.note', draft))).toBeNull();
    expect(open.file?.notes.length).toBe(before + 1);
  });

  it('is told of another’s edit, and overwrites nothing', async () => {
    const { backend, open, id } = await opened();
    const incident = open.file?.incident;
    if (!incident) throw new Error('no file');
    await backend.call('incident.update', { id, text: { ...incident.text, place: 'Thôn 5' }, edits: incident.edits });
    const problem = await open.act((b) => b.call('incident.update', { id, text: { ...incident.text, title: 'Khác' }, edits: incident.edits }));
    expect(problem?.code).toBe('Conflict');
    await open.load(id);
    expect(open.file?.incident.text).toMatchObject({ place: 'Thôn 5', title: incident.text.title });
  });

  it('is not replaced by a reply that is older than what was done', async () => {
    const { open, id } = await opened();
    const asking = open.load(id);
    await open.act((b) => b.call('incident.note', { id: newId(), incident: id, text: 'mới nhất', at: 5, corrects: null }));
    await asking;
    expect(open.file?.notes.some((each) => each.note.text === 'mới nhất')).toBe(true);
  });

  it('says when it is not there', async () => {
    const { open } = await opened();
    await open.load('0198-nothing');
    expect([open.file, open.problem?.code]).toEqual([null, 'NotFound']);
  });
});
