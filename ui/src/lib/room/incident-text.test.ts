import { describe, expect, it } from 'vitest';
import { changed, emptyText, fieldsOf, merge, sameText, textOf, textOfCamera } from './incident-text';

const base = { ...emptyText(1_000), title: 'Va chạm', place: 'Ngã ba', forces: 'Công an xã' };

describe('a sheet', () => {
  it('goes through its form unchanged', () => {
    const text = { ...base, forms: ['145/BB-XM 12/2026', '146/BB'], occurred: 5 };
    expect(textOf(fieldsOf(text))).toEqual(text);
    expect(textOf({ ...fieldsOf(text), title: '  Va chạm '.normalize('NFD'), forms: ' a \n\n b' })).toMatchObject({ title: 'Va chạm', forms: ['a', 'b'] });
  });

  it('begins with what the camera says', () => {
    const camera = { id: 'c', code: 'C008', name: 'Cổng chợ', unit: 'u', place: 'QL14' };
    expect(textOfCamera(camera, 7)).toMatchObject({ unit: 'u', place: 'Cổng chợ, QL14', detected: 7, occurred: 7, source: 'camera' });
    expect(textOfCamera(null, 7)).toMatchObject({ unit: null, place: '', occurred: null });
    expect(textOfCamera({ ...camera, place: 'x'.repeat(300) }, 7).place).toHaveLength(200);
  });
});

describe('two who write at once', () => {
  it('lose nothing where each changed another field', () => {
    const mine = { ...base, title: 'Va chạm xe máy' };
    const theirs = { ...base, place: 'Ngã ba Ea Siên', forms: ['145'] };
    const { text, clashes, taken } = merge(base, mine, theirs);
    expect(text).toEqual({ ...base, title: 'Va chạm xe máy', place: 'Ngã ba Ea Siên', forms: ['145'] });
    expect([clashes, taken]).toEqual([[], ['place', 'forms']]);
  });

  it('are asked where both changed the same', () => {
    const mine = { ...base, title: 'Của tôi', forces: 'X' };
    const theirs = { ...base, title: 'Của người kia', forces: 'X' };
    const { text, clashes, taken } = merge(base, mine, theirs);
    // The same words twice are no clash.
    expect([clashes, taken]).toEqual([['title'], []]);
    expect(text.title).toBe('Của tôi');
  });

  it('see what differs', () => {
    expect(changed(base, { ...base, severity: 'high', forms: ['1'] })).toEqual(['severity', 'forms']);
    expect(sameText(base, { ...base, forms: [] })).toBe(true);
  });
});
