import { describe, expect, it } from 'vitest';
import { FakeBackend } from '../../lib/backend/fake';
import { AuditList, detailText, noFilters, queryOf } from './list.svelte';

describe('the audit', () => {
  it('goes back page by page, each row once, without a hole', async () => {
    const list = new AuditList(new FakeBackend(16), 7);
    await list.load(noFilters());
    await list.older(noFilters());
    await list.older(noFilters());
    const seq = list.rows.map((row) => row.seq);
    expect(seq).toEqual(Array.from({ length: seq.length }, (_, i) => (seq[0] ?? 0) - i));
    expect(seq.length).toBeGreaterThan(14);
  });

  it('narrows by kind and person', async () => {
    const list = new AuditList(new FakeBackend(16));
    await list.load({ ...noFilters(), who: ' Điều tra 01 '.normalize('NFD'), command: 'incident.' });
    expect(list.rows.length).toBeGreaterThan(0);
    for (const row of list.rows) expect([row.who, row.command.startsWith('incident.')]).toEqual(['Điều tra 01', true]);
    expect(queryOf(noFilters(), 5, null)).toMatchObject({ who: null, command: null, from: null });
  });

  it('writes details as they are', () => {
    expect(detailText({ reason: 'mất xe', removed: null, count: 3, of: { a: 1 } })).toBe('reason: mất xe · count: 3 · of: {"a":1}');
  });
});
