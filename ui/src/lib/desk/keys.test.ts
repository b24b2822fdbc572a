import { describe, expect, it } from 'vitest';
import { keyCap, lineFor, linesFor, type KeyPress } from './keys';

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
    expect(lineFor(press('+', { shiftKey: true }))?.action).toBe('zoom_in');
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
