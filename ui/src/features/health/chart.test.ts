import { afterEach, describe, expect, it } from 'vitest';
import type { History } from '../../lib/backend/backend';
import { useLocale } from '../../lib/words/words.svelte';
import { isEmpty, lineOf, topOf, valueText } from './chart';

const history: History = {
  from: 0,
  to: 100e6,
  step_us: 25e6,
  at: [10e6, 20e6, 60e6, 70e6],
  series: [
    { figure: 'cpu', values: [0.1, 0.2, 0.3, null] },
    { figure: 'latency', values: [null, null, null, null] },
  ],
};
afterEach(() => useLocale('vi'));

describe('a chart', () => {
  it('has a hole where nothing was measured', () => {
    expect(lineOf(history, 'cpu')).toEqual([
      [10, 20, 40, 60, 70],
      [0.1, 0.2, null, 0.3, null],
    ]);
    expect(lineOf(history, 'fps')).toBeNull();
    expect([isEmpty(lineOf(history, 'cpu')), isEmpty(lineOf(history, 'latency')), isEmpty(null)]).toEqual([false, true, true]);
  });

  it('ends at a round number above all values', () => {
    expect([topOf('network', 93_000_000), topOf('fps', 14.9), topOf('live', 240), topOf('fps', 0), topOf('cpu', 0.9)]).toEqual([100_000_000, 20, 300, 1, 1]);
    for (const most of [0.001, 0.7, 1, 3, 17, 99, 1234]) expect(topOf('live', most)).toBeGreaterThan(most);
  });

  it('says values in their unit', () => {
    expect(valueText('cpu', 0.413)).toBe('41 %');
    expect(valueText('up', 0.9971)).toBe('99,7 %');
    expect(valueText('memory', 4.1e9)).toBe('4,1 GB');
    useLocale('en');
    expect(valueText('fps', 14.96)).toBe('15.0 fps');
  });
});
