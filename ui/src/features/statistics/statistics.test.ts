import { afterEach, describe, expect, it } from 'vitest';
import { useLocale } from '../../lib/words/words.svelte';
import { csvOf } from './csv';
import { spanName, spanOf } from './period';

const local = (...parts: [number, number, number?, number?, number?, number?]) => new Date(parts[0], parts[1] - 1, ...(parts.slice(2) as [])).getTime() * 1000;
afterEach(() => useLocale('vi'));

describe('the time that is counted', () => {
  const typed = { from: null, to: null };

  it('is the local month, the one before, the year', () => {
    const now = local(2026, 11, 15, 14);
    expect(spanOf({ ...typed, kind: 'month' }, now)).toEqual({ from: local(2026, 11, 1), to: local(2026, 12, 1) });
    expect(spanOf({ ...typed, kind: 'last_month' }, now)).toEqual({ from: local(2026, 10, 1), to: local(2026, 11, 1) });
    expect(spanOf({ ...typed, kind: 'year' }, now)).toEqual({ from: local(2026, 1, 1), to: local(2027, 1, 1) });
  });

  it('crosses the year in January, and begins at its first moment', () => {
    expect(spanOf({ ...typed, kind: 'last_month' }, local(2027, 1, 1))).toEqual({ from: local(2026, 12, 1), to: local(2027, 1, 1) });
    expect(spanOf({ ...typed, kind: 'month' }, local(2027, 1, 1) - 1)).toEqual({ from: local(2026, 12, 1), to: local(2027, 1, 1) });
  });

  it('is nothing where it ends before it begins', () => {
    expect(spanOf({ kind: 'between', from: 5, to: 5 }, 0)).toBeNull();
    expect(spanOf({ kind: 'between', from: 5, to: null }, 0)).toBeNull();
    expect(spanOf({ kind: 'between', from: 5, to: 6 }, 0)).toEqual({ from: 5, to: 6 });
  });

  it('has a name', () => {
    useLocale('vi');
    expect(spanName({ from: local(2026, 11, 1), to: local(2026, 12, 1) })).toBe('tháng 11/2026');
    expect(spanName({ from: local(2026, 1, 1), to: local(2027, 1, 1) })).toBe('năm 2026');
    expect(spanName({ from: local(2026, 11, 3), to: local(2026, 11, 20) })).toBe('03/11/2026 – 19/11/2026');
  });
});

describe('a table as a file', () => {
  it('keeps what stands in it, and no cell is a formula', () => {
    const sheet = { title: 'Theo loại', head: ['Loại', 'Số vụ'], rows: [['Giao thông; đường', 12], ['=HYPERLINK("x")', 1.5], ['hai\ndòng "x"', null]] as (string | number | null)[][] };
    expect(csvOf([sheet], true)).toBe('\ufeffTheo loại\r\nLoại;Số vụ\r\n"Giao thông; đường";12\r\n"\'=HYPERLINK(""x"")";1,5\r\n"hai\ndòng ""x""";\r\n');
    expect(csvOf([{ ...sheet, rows: [['a,b', 1.5]] }], false)).toBe('\ufeffTheo loại\r\nLoại,Số vụ\r\n"a,b",1.5\r\n');
  });

  it('puts several behind each other', () => {
    const one = { title: 'A', head: ['x'], rows: [[1]] };
    expect(csvOf([one, one], false)).toBe('\ufeffA\r\nx\r\n1\r\n\r\nA\r\nx\r\n1\r\n');
  });
});
