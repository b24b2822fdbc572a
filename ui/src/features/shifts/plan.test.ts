import { describe, expect, it } from 'vitest';
import { faultOf, lengthsOf, minuteOf, planOf, rowsOf } from './plan';

describe('a plan of shifts', () => {
  it('reads times as people type them', () => {
    expect(['6', '06:00', '6h', '14h30', '14:05', '22g00', '0:00', '23:59'].map(minuteOf)).toEqual([360, 360, 360, 870, 845, 1320, 0, 1439]);
    expect(['', '24:00', '6:60', '6:5', 'sáng', '-1', '٦:٠٠'].map(minuteOf)).toEqual(Array(7).fill(null));
  });

  it('is put in the order of the day', () => {
    const plan = planOf([{ name: ' Đêm ', begin: '22:00' }, { name: 'Sáng', begin: '6' }, { name: 'Chiều', begin: '14h' }]);
    expect(plan?.shifts).toEqual([{ name: 'Sáng', begin_min: 360 }, { name: 'Chiều', begin_min: 840 }, { name: 'Đêm', begin_min: 1320 }]);
    expect(plan && lengthsOf(plan)).toEqual([480, 480, 480]);
    expect(lengthsOf({ shifts: [{ name: 'Cả ngày', begin_min: 420 }] })).toEqual([1440]);
    expect(plan && rowsOf(plan)[0]).toEqual({ name: 'Sáng', begin: '06:00' });
  });

  it('says what a row cannot stay like', () => {
    const rows = [{ name: 'Ca 1', begin: '6:00' }, { name: 'Ca 1 ', begin: '7:00' }, { name: ' ', begin: '8:00' }, { name: 'Ca 4', begin: 'x' }, { name: 'Ca 5', begin: '6h' }];
    expect(rows.map((_, at) => faultOf(rows, at))).toEqual(['same_name', 'same_name', 'no_name', 'no_time', 'same_time']);
    expect(planOf(rows)).toBeNull();
    expect(planOf([])).toBeNull();
  });
});
