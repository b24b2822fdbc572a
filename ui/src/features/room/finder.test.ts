import { describe, expect, it } from 'vitest';
import { FakeBackend } from '../../lib/backend/fake';
import { Finder, grouped, parts } from './finder.svelte';

const settle = () => new Promise((go) => setTimeout(go, 180));

describe('what was found', () => {
  it('is lit where it was found', () => {
    expect(parts('Xe trên đường', [[8, 13]])).toEqual([{ text: 'Xe trên ', lit: false }, { text: 'đường', lit: true }]);
    expect(parts('abc', [])).toEqual([{ text: 'abc', lit: false }]);
    expect(parts('abcdef', [[2, 4], [0, 3], [5, 99]]).map((each) => `${each.lit ? '*' : ''}${each.text}`)).toEqual(['*abc', '*d', 'e', '*f']);
    expect(parts('', [[0, 4]])).toEqual([]);
  });

  it('keeps every letter, whatever the marks', () => {
    for (const marks of [[[3, 1]], [[-5, 2]], [[0, 0], [1, 9]]] as [number, number][][]) expect(parts('abcd', marks).map((each) => each.text).join('')).toBe('abcd');
  });
});

describe('the one search', () => {
  it('finds incidents, plates, notes and bookmarks by their words without tone marks', async () => {
    const finder = new Finder(new FakeBackend(16));
    finder.ask('phao');
    await settle();
    const kinds = finder.groups.map((group) => group.kind);
    expect(kinds).toContain('incident');
    expect(kinds).toContain('bookmark');
    finder.ask('47k1');
    await settle();
    expect(finder.groups.find((group) => group.kind === 'subject')?.items[0]?.title).toContain('47K1');
  });

  it('shows only what the last query found, and nothing for a letter', async () => {
    const backend = new FakeBackend(16);
    const finder = new Finder(backend);
    finder.ask('phao');
    finder.ask('zzzz');
    await settle();
    const asked = () => backend.calls.filter((call) => call.name === 'search.find').map((call) => (call.args as { text: string; quick: boolean }));
    expect(finder.groups).toEqual([]);
    // At once, and as that found too little, everywhere.
    expect(asked().map(({ text, quick }) => [text, quick])).toEqual([['zzzz', true], ['zzzz', false]]);
    finder.ask('p');
    await settle();
    expect(asked().length).toBe(2);
  });

  it('leaves room for what is rare', () => {
    const found = Array.from({ length: 30 }, (_, i) => ({ what: { kind: 'note' as const, id: String(i), incident: null, camera: null }, at: null, title: 'n', excerpt: '', title_marks: [], excerpt_marks: [], exact: true }));
    const groups = grouped([...found, { ...found[0]!, what: { kind: 'shift', id: 's' } }]);
    expect(groups.map((group) => [group.kind, group.items.length])).toEqual([['note', 5], ['shift', 1]]);
  });
});
