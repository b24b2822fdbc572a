import { describe, expect, it } from 'vitest';
import { unavailable } from '../../lib/backend/backend';
import { FakeBackend } from '../../lib/backend/fake';
import { Drafts } from '../../lib/desk/drafts.svelte';
import { OpenIncident } from './file.svelte';
import { noFilters, queryOf } from './list.svelte';
import { SheetDraft } from './sheet-draft.svelte';

async function opened() {
  const backend = new FakeBackend(16);
  const { items } = await backend.call('incident.list', queryOf({ ...noFilters(), text: 'phao' }, 1, null));
  const open = new OpenIncident(backend);
  await open.load(items[0]?.id ?? '');
  const incident = open.file?.incident;
  if (!incident) throw new Error('no file');
  const drafts = new Drafts();
  const another = (change: object) => backend.call('incident.update', { id: incident.id, text: { ...incident.text, ...change }, edits: incident.edits });
  return { backend, open, incident, drafts, draft: new SheetDraft(drafts, incident), another };
}

describe('editing the sheet', () => {
  it('takes in what another changed elsewhere, and saves both', async () => {
    const { open, draft, another } = await opened();
    draft.typed.fields.title = 'Tiêu đề của tôi';
    await another({ place: 'Thôn 5' });
    expect(await draft.save(open)).toBe(false);
    expect([draft.taken, draft.left, draft.problem, draft.typed.fields.title]).toEqual([['place'], 0, null, 'Tiêu đề của tôi']);
    expect(await draft.save(open)).toBe(true);
    expect(open.file?.incident.text).toMatchObject({ title: 'Tiêu đề của tôi', place: 'Thôn 5' });
  });

  it('asks where both changed the same, and waits for the answer', async () => {
    const { open, draft, another } = await opened();
    draft.typed.fields.title = 'Tiêu đề của tôi';
    draft.typed.fields.forms = '145';
    await another({ title: 'Tiêu đề của người kia', forms: ['146'] });
    await draft.save(open);
    expect(draft.clashes.map((each) => [each.field, each.mine.title, each.theirs.title])).toEqual([
      ['title', 'Tiêu đề của tôi', 'Tiêu đề của người kia'],
      ['forms', 'Tiêu đề của tôi', 'Tiêu đề của người kia'],
    ]);
    expect([draft.left, await draft.save(open)]).toEqual([2, false]);
    const [title, forms] = draft.clashes;
    if (!title || !forms) throw new Error('no clash');
    draft.choose(title, 'theirs');
    draft.choose(forms, 'mine');
    expect(await draft.save(open)).toBe(true);
    expect(open.file?.incident.text).toMatchObject({ title: 'Tiêu đề của người kia', forms: ['145'] });
  });

  it('keeps what is typed while the station is away, and over the form', async () => {
    const { backend, open, incident, drafts, draft } = await opened();
    draft.typed.fields.forces = 'Công an xã';
    backend.failing.set('incident.update', unavailable());
    expect(await draft.save(open)).toBe(false);
    expect(draft.problem?.code).toBe('Unavailable');
    const again = new SheetDraft(drafts, incident);
    expect([again.typed.fields.forces, again.changed]).toEqual(['Công an xã', true]);
    expect(await again.save(open)).toBe(true);
    expect(drafts.has(`incident-edit:${incident.id}`)).toBe(false);
  });
});
