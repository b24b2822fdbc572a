import { describe, expect, it } from 'vitest';
import { Failure, type IncidentFile } from '../../lib/backend/backend';
import { FakeBackend } from '../../lib/backend/fake';
import { newId } from '../../lib/backend/ids';
import { OpenIncident } from './file.svelte';

const query = { states: [], category: null, unit: null, camera: null, opened_by: null, from: null, to: null, text: '', order: 'detected' as const, reversed: false, after: null, limit: 100 };

async function opened(): Promise<[FakeBackend, OpenIncident, () => IncidentFile]> {
  const backend = new FakeBackend(16);
  const open = new OpenIncident(backend);
  const page = await backend.call('incident.list', query);
  const writable = page.items.find((each) => each.state === 'handling' || each.state === 'new' || each.state === 'verifying');
  await open.load(writable?.id ?? null);
  return [backend, open, () => open.file as IncidentFile];
}

describe('attachments', () => {
  it('are brought by their path, and the same again is the same', async () => {
    const [, open, file] = await opened();
    const before = file().attachments.length;
    const wish = { id: newId(), incident: file().incident.id, path: '/home/truc/Biên bản.pdf' };
    expect(await open.act((b) => b.call('incident.attach', wish))).toBeNull();
    expect(await open.act((b) => b.call('incident.attach', wish))).toBeNull();
    expect(file().attachments.slice(before).map((each) => [each.name, each.state])).toEqual([['Biên bản.pdf', 'whole']]);
  });

  it('say at their field what is wrong with a path', async () => {
    const [, open, file] = await opened();
    const wish = (path: string) => open.act((b) => b.call('incident.attach', { id: newId(), incident: file().incident.id, path }));
    expect([(await wish('x.pdf'))?.field, (await wish('/x/5GB.mp4'))?.key]).toEqual(['path', 'problem_attachment_too_large']);
  });

  it('are struck through with a reason and stay', async () => {
    const [backend, open, file] = await opened();
    const id = newId();
    const incident = file().incident.id;
    await open.act((b) => b.call('incident.attach', { id, incident, path: '/x/a.pdf' }));
    const count = file().attachments.length;
    expect(await open.act((b) => b.call('incident.strike', { incident, id, reason: 'Nhầm vụ' }))).toBeNull();
    expect([file().attachments.length, file().attachments.find((each) => each.id === id)?.struck?.reason]).toEqual([count, 'Nhầm vụ']);
    await expect(backend.call('incident.save_attachment', { incident, id, folder: 'x' })).rejects.toSatisfy((f) => f instanceof Failure && f.problem.field === 'folder');
  });
});
