import { describe, expect, it } from 'vitest';
import type { Bookmark, BookmarkVersion } from '../../lib/backend/backend';
import { unavailable } from '../../lib/backend/backend';
import { FakeBackend } from '../../lib/backend/fake';
import { changes, momentWithin } from './draft';
import { BookmarkList, filterCount, noFilters, queryOf } from './list.svelte';

describe('filters', () => {
  it('send only what narrows', () => {
    expect(queryOf(noFilters(), [], 60, null)).toEqual({ cameras: [], text: '', hidden: false, limit: 60 });
    const filters = { ...noFilters(), text: ' pháo '.normalize('NFD'), from: 5, category: 'fireworks', tag: ' ' };
    expect(queryOf(filters, ['a'], 60, 9)).toEqual({ cameras: ['a'], text: 'pháo', hidden: false, limit: 60, from: 5, category: 'fireworks', before: 9 });
    expect(queryOf({ ...noFilters(), camera: 'b' }, ['a'], 60, null).cameras).toEqual(['b']);
    expect([filterCount(noFilters()), filterCount(filters)]).toEqual([0, 3]);
  });
});

describe('a list', () => {
  it('goes on page by page and keeps its length when it is asked again', async () => {
    const backend = new FakeBackend(16);
    const list = new BookmarkList(backend, 2);
    await list.load(noFilters(), []);
    expect([list.items.length, list.more]).toEqual([2, true]);
    await list.older(noFilters(), []);
    expect(list.items.length).toBe(4);
    const at = list.items.map((b) => b.at);
    expect([...at].sort((a, b) => b - a)).toEqual(at);
    await list.load(noFilters(), []);
    expect(list.items.length).toBe(4);
    await list.load({ ...noFilters(), text: 'mang phao' }, []);
    expect(list.items.map((b) => b.title)).toEqual(['Nghi vấn mang pháo']);
  });

  it('keeps what it has when the station does not answer', async () => {
    const backend = new FakeBackend(16);
    const list = new BookmarkList(backend, 60);
    await list.load(noFilters(), []);
    const before = list.items.length;
    backend.failing.set('bookmark.list', unavailable());
    await list.load(noFilters(), []);
    expect(list.items.length).toBe(before);
    expect(list.problem?.key).toBe('problem_station_unavailable');
  });
});

describe('a bookmark', () => {
  it('is only edited as it was read', async () => {
    const backend = new FakeBackend(16);
    const [first] = await backend.call('bookmark.list', { cameras: [], text: 'phao', hidden: false, limit: 1 });
    const { id, category, tags, note, colour, edits } = first as Bookmark;
    const edit = { id, title: 'Pháo', category, tags, note, colour, edits };
    await backend.call('bookmark.update', edit);
    await expect(backend.call('bookmark.update', edit)).rejects.toMatchObject({ problem: { key: 'problem_bookmark_conflict' } });
    const history = await backend.call('bookmark.history', id);
    expect(changes(history[0] as BookmarkVersion, history[1])).toEqual(['title']);
  });

  it('has its moment within its clip', () => {
    expect(momentWithin(undefined, 10, 20)).toBe(10);
    expect(momentWithin(25, 10, 20)).toBe(19);
    expect(momentWithin(12, 10, 20)).toBe(12);
  });
});
