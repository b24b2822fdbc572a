import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { keyCap, keyRows, KEYS, lineFor, linesFor, type KeyGroup, type KeyPress } from './keys';

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key, code: '', keyCode: 0, isComposing: false, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, ...more,
});

describe('a key', () => {
  it('means what the table says, small or capital', () => {
    expect(lineFor(press('b'))?.action).toBe('bookmark');
    expect(lineFor(press('B'))?.action).toBe('bookmark');
    expect(lineFor(press('k', { ctrlKey: true }))?.action).toBe('search');
    expect(lineFor(press('¡', { altKey: true, code: 'Digit4' }))?.action).toBe('grid_16');
    expect(lineFor(press('b', { ctrlKey: true }))).toBeNull();
  });

  it('is the input method’s while it composes', () => {
    expect(lineFor(press('Enter', { isComposing: true }))).toBeNull();
    expect(lineFor(press('b', { keyCode: 229 }))).toBeNull();
  });

  it('with Shift is another one, unless it writes a letter', () => {
    expect(linesFor(press('ArrowLeft', { shiftKey: true })).map((line) => line.action)).toEqual(['border_left', 'skip_back']);
    expect(lineFor(press('?', { shiftKey: true }))?.action).toBe('keys');
    expect(linesFor(press('+', { shiftKey: true })).map((line) => line.action)).toEqual(['closer', 'zoom_in']);
  });

  it('may mean another thing in review', () => {
    expect(linesFor(press('ArrowLeft')).map((line) => line.action)).toEqual(['focus_left', 'step_back']);
    expect(linesFor(press('r')).map((line) => line.where)).toEqual(['live', 'review']);
  });

  it('has a cap', () => {
    expect(keyCap('Ctrl+k')).toBe('Ctrl K');
    expect(keyCap('+')).toBe('+');
    expect(keyCap(' ')).toBe('Space');
  });
});

describe('the table', () => {
  /** As written in the type: a new action without a key fails here. */
  function actions(): string[] {
    const source = readFileSync('src/lib/desk/keys.ts', 'utf8');
    const union = /export type Action =([^;]+);/.exec(source)?.[1] ?? '';
    return [...union.matchAll(/'(\w+)'/g)].map((found) => found[1] ?? '');
  }

  it('binds every action', () => {
    expect(actions().length).toBeGreaterThan(60);
    const bound = new Set<string>(KEYS.map((line) => line.action));
    for (const action of actions()) expect(bound, action).toContain(action);
  });

  it('gives a key one meaning in each view', () => {
    for (const view of ['live', 'review'] as const) {
      const keys = KEYS.filter((line) => line.where === undefined || line.where === view).map((line) => line.key);
      expect(keys.filter((key, i) => keys.indexOf(key) !== i), view).toEqual([]);
    }
  });

  it('is shown whole in the key map, digits by their ends', () => {
    const groups = [...new Set(KEYS.map((line) => line.group))];
    const map = readFileSync('src/features/room/KeyMap.svelte', 'utf8');
    for (const group of groups) expect(map, group).toContain(`group: '${group}'`);
    const caps = groups.flatMap((group: KeyGroup) => keyRows(group).flatMap(([, each]) => each));
    for (const line of KEYS) if (!/^\d$/.test(line.key)) expect(caps, line.key).toContain(keyCap(line.key));
    expect(caps).toContain('0 – 9');
    expect(caps).toContain('1 – 8');
  });
});
