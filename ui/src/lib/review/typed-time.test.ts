import { describe, expect, it } from 'vitest';
import { parseTyped } from './typed-time';

const us = (...args: [number, number, number, number?, number?, number?, number?]) => {
  const [y, mo, d, h = 0, mi = 0, s = 0, ms = 0] = args;
  return new Date(y, mo - 1, d, h, mi, s, ms).getTime() * 1000;
};
const now = us(2026, 11, 23, 14, 32, 7);
const at = us(2026, 11, 23, 13, 38, 41, 320);
const parse = (text: string, from = at) => parseTyped(text, { at: from, now });

describe('a typed time', () => {
  it.each<[string, number]>([
    ['13:38:41', us(2026, 11, 23, 13, 38, 41)],
    ['13:38', us(2026, 11, 23, 13, 38)],
    ['13h38', us(2026, 11, 23, 13, 38)],
    ['7h', us(2026, 11, 23, 7)],
    ['133841', us(2026, 11, 23, 13, 38, 41)],
    ['13:38:41.320', us(2026, 11, 23, 13, 38, 41, 320)],
    ['13:38:41,5', us(2026, 11, 23, 13, 38, 41, 500)],
    ['23/11 13:38', us(2026, 11, 23, 13, 38)],
    ['13:38 22/11', us(2026, 11, 22, 13, 38)],
    ['23/11/2026 13:38:41.320', us(2026, 11, 23, 13, 38, 41, 320)],
    ['23-11-26 13:38', us(2026, 11, 23, 13, 38)],
    ['1/1', us(2026, 1, 1)],
    ['2026-11-22 08:00', us(2026, 11, 22, 8)],
    ['2026-11-22T08:00:30', us(2026, 11, 22, 8, 0, 30)],
    ['hôm qua 7:15', us(2026, 11, 22, 7, 15)],
    ['Hôm nay lúc 7h15', us(2026, 11, 23, 7, 15)],
    ['yesterday 23:59:59', us(2026, 11, 22, 23, 59, 59)],
    ['bây giờ', now],
    ['now', now],
    // What is left out is filled in so that it has been.
    ['23:10', us(2026, 11, 22, 23, 10)],
    ['25/12 20:00', us(2025, 12, 25, 20)],
    ['-30', at - 30e6],
    ['-30s', at - 30e6],
    ['+5m', at + 300e6],
    ['-1h30m', at - 5400e6],
    ['-2 phút', at - 120e6],
    ['-1,5 giờ', at - 5400e6],
    ['-1d', at - 86_400e6],
    ['+1:30', at + 90e6],
    ['-0:10:00', at - 600e6],
  ])('%s is a moment', (text, moment) => expect(parse(text)).toEqual({ at: moment, problem: null }));

  it.each([
    ['', 'format'], ['abc', 'format'], ['13', 'format'], ['13:', 'format'], ['+', 'format'], ['+5x', 'format'], ['13:38 14:00', 'format'],
    ['-5m3', 'format'], ['23/11 24/11', 'format'], ['12345678', 'format'],
    ['31/02/2026', 'date'], ['31/02', 'date'], ['0/5/2026 10:00', 'date'], ['12/13/2026', 'date'],
    ['24:00', 'clock'], ['13:60', 'clock'], ['13:38:61', 'clock'],
    ['24/11/2026 08:00', 'future'], ['+2h', 'future'], ['1/1/2030', 'future'],
  ])('%j is none: %s', (text, problem) => expect(parse(text)).toEqual({ at: null, problem }));

  it('is on the day that is looked at', () => {
    expect(parse('20:15', us(2026, 11, 3, 4)).at).toBe(us(2026, 11, 3, 20, 15));
  });

  it('composes what an input method left in parts', () => {
    expect(parse('hôm qua 7:15'.normalize('NFD')).at).toBe(us(2026, 11, 22, 7, 15));
  });
});
