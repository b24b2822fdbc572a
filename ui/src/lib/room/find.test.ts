import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Camera } from '../backend/backend';
import { session } from '../backend/fake';
import { NumberEntry } from '../desk/number-entry.svelte';
import { typedAhead, type MenuItem } from '../ui/menu';
import { busiest, levelOf, settled } from './activity';
import { commonPrefix, meant } from './number';
import { findCameras } from './search';

const camera = (code: string, name = code, place = ''): Camera => ({
  id: code, code, name, unit: null, place, main_url: '', sub_url: '', username: '', has_password: false, transport: null,
  sessions: [session(code, 'sub', 'live', null)],
  record: { streams: 'off', keep_days: null, schedule: null } as unknown as Camera['record'],
  recordings: [],
});
const codes = (cameras: readonly Camera[]) => cameras.map((each) => each.code);

describe('a number', () => {
  const room = Array.from({ length: 240 }, (_, i) => camera(`C${String(i + 1).padStart(3, '0')}`));

  it('means a camera with or without its zeros', () => {
    expect(codes(meant('7', room).exact)).toEqual(['C007']);
    expect(codes(meant('007', room).exact)).toEqual(['C007']);
    expect(meant('007', room).open).toBe(false);
    expect(codes(meant('184', room).exact)).toEqual(['C184']);
    expect(meant('184', room).open).toBe(false);
    expect(codes(meant('18', room).exact)).toEqual(['C018']);
    expect(meant('18', room).open, '180 to 189 follow').toBe(true);
    expect(meant('241', room).exact).toEqual([]);
    expect(meant('', room).exact).toEqual([]);
  });

  it('has the letters that all have', () => {
    expect(commonPrefix(room)).toBe('C');
    expect(commonPrefix([...room, camera('N001')])).toBe('');
    expect(codes(meant('1', [...room, camera('N001')]).exact)).toEqual(['C001', 'N001']);
  });

  describe('typed', () => {
    beforeEach(() => vi.useFakeTimers());
    afterEach(() => vi.useRealTimers());
    const entry = (cameras: readonly Camera[]) => {
      const found: string[] = [];
      return { found, number: new NumberEntry(() => cameras, (each) => found.push(each.code)) };
    };
    const type = (number: NumberEntry, digits: string) => [...digits].forEach((digit) => number.type(digit));

    it('brings the camera up at once when nothing else can follow', () => {
      const { found, number } = entry(room);
      type(number, '184');
      expect(found).toEqual(['C184']);
      expect(number.typed).toBe('');
      expect(number.lately, 'an Enter out of habit is still its own').toBe(true);
      vi.advanceTimersByTime(1300);
      expect(number.lately).toBe(false);
    });

    it('waits a moment while another digit could follow, or for Enter', () => {
      const { found, number } = entry(room);
      type(number, '18');
      vi.advanceTimersByTime(1100);
      expect([found, number.typed]).toEqual([[], '18']);
      vi.advanceTimersByTime(200);
      expect(found).toEqual(['C018']);
      type(number, '9');
      number.take();
      expect(found).toEqual(['C018', 'C009']);
    });

    it('is edited by Backspace and given up by Esc', () => {
      const { found, number } = entry(room);
      type(number, '19');
      number.erase();
      expect(number.typed).toBe('1');
      number.erase();
      expect(number.typed).toBe('');
      type(number, '20');
      number.cancel();
      vi.advanceTimersByTime(9000);
      expect(found).toEqual([]);
    });

    it('says when no camera or several have it', () => {
      const { found, number } = entry([...room, camera('N184')]);
      type(number, '241');
      vi.advanceTimersByTime(1300);
      expect(number.answer).toEqual({ kind: 'unknown', typed: '241' });
      type(number, '184');
      vi.advanceTimersByTime(1300);
      expect(number.answer?.kind === 'several' ? codes(number.answer.cameras) : []).toEqual(['C184', 'N184']);
      vi.advanceTimersByTime(5000);
      expect(number.answer).toBeNull();
      expect(found).toEqual([]);
    });
  });
});

describe('the search', () => {
  const room = [
    camera('C001', 'Ngã ba Ea Siên – QL14', 'QL14 km 1'), camera('C012', 'Cây xăng số 12'), camera('C112', 'Cầu Rô-si', 'Đường liên xã'),
    camera('C120', 'Đường liên xã km 2'), camera('C015', 'Trường THCS Ngô Quyền', 'Đường Ngô Quyền'), camera('C030', 'Cổng chợ', 'Chợ 12'),
  ];
  const unit = (each: Camera) => (each.code === 'C030' ? 'Phường Đoàn Kết' : 'Xã Ea Siên');

  it('has the number first', () => {
    expect(codes(findCameras('12', room, unit))).toEqual(['C012', 'C120', 'C030', 'C112']);
    expect(codes(findCameras('c112', room, unit))[0]).toBe('C112');
  });

  it('does not ask for tone marks, đ neither', () => {
    expect(codes(findCameras('duong lien', room, unit))).toEqual(['C120', 'C112']);
    expect(codes(findCameras('doan ket', room, unit))).toEqual(['C030']);
    expect(codes(findCameras('truong ngo quyen', room, unit))).toEqual(['C015']);
    expect(findCameras('ea siên cổng', room, unit)).toEqual([]);
    expect(findCameras('  ', room, unit)).toEqual([]);
  });

  it('has a name that begins so before one that only contains it', () => {
    expect(codes(findCameras('cau', room, unit))).toEqual(['C112']);
    expect(codes(findCameras('xang', room, unit))).toEqual(['C012']);
    expect(codes(findCameras('ngo quyen', room, unit))).toEqual(['C015']);
  });
});

describe('activity', () => {
  it('has levels that do not flicker', () => {
    expect([0, 29, 30, 50, 69, 70, 100].map((value) => levelOf(value, 0))).toEqual([0, 0, 1, 2, 2, 3, 3]);
    expect([levelOf(25, 1), levelOf(21, 1), levelOf(45, 2), levelOf(41, 2), levelOf(63, 3)]).toEqual([1, 0, 2, 1, 3]);
  });

  it('finds the busiest, and leaves alone whoever stays', () => {
    const values = new Map([['a', 10], ['b', 90], ['c', 40], ['d', 40], ['e', 0]]);
    expect(busiest(['a', 'b', 'c', 'd', 'e', 'lost'], values, 3)).toEqual(['b', 'c', 'd']);
    expect(busiest(['a', 'lost'], values, 3)).toEqual(['a']);
    expect(settled(['b', 'c', 'd'], ['x', 'd', 'b'])).toEqual(['b', 'x', 'd']);
    expect(settled(['a', 'b', 'c'], ['c'])).toEqual(['c']);
    expect(settled([null, 'a'], ['b', 'a', 'c'])).toEqual(['b', 'a', 'c']);
  });
});

describe('typing ahead in a menu', () => {
  const items = ['Chụp ảnh', 'Đánh dấu', 'Chép mã', 'Đổi camera'].map((text): MenuItem => ({ text, onselect: () => {} }));

  it('goes by the first letters, without tone marks', () => {
    expect(typedAhead(items, 'd', -1)).toBe(1);
    expect(typedAhead(items, 'd', 1)).toBe(3);
    expect(typedAhead(items, 'd', 3)).toBe(1);
    expect(typedAhead(items, 'do', 1)).toBe(3);
    expect(typedAhead(items, 'ch', 0)).toBe(0);
    expect(typedAhead(items, 'x', 0)).toBeNull();
  });
});
