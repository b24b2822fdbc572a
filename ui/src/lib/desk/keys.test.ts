import { describe, expect, it } from 'vitest';
import { keyCap, lineFor, type KeyPress } from './keys';

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key, code: '', keyCode: 0, isComposing: false, ctrlKey: false, altKey: false, metaKey: false, ...more,
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

  it('has a cap', () => expect(keyCap('Ctrl+k')).toBe('Ctrl K'));
});
