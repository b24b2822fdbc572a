import { describe, expect, it } from 'vitest';
import type { CameraPlan, Volume } from '../../lib/backend/backend';
import { gigabytes, shares, sorted, tooFew, typedBytes, usualReserve } from './plan';

const plan = (camera: string, more: Partial<CameraPlan> = {}): CameraPlan => ({
  camera, main_bps: 0, sub_bps: 0, share: 1, bytes_per_day: 1e9, keep_days: 30, days_fit: 23, oldest: null, used_bytes: 0, ...more,
});

describe('the planner', () => {
  it('says when it does not fit, and only then', () => {
    expect(tooFew(plan('a'))).toBe(true);
    expect(tooFew(plan('a', { days_fit: 30 }))).toBe(false);
    expect(tooFew(plan('a', { days_fit: null }))).toBe(false);
    expect(tooFew(plan('a', { bytes_per_day: 0 }))).toBe(false);
  });

  it('orders, what is not measured last either way, equals by code', () => {
    const plans = [plan('C10', { oldest: 5 }), plan('C2', { oldest: null }), plan('C3', { oldest: 9 }), plan('C1', { oldest: 9 })];
    const order = (down: boolean) => sorted(plans, 'oldest', down, (p) => p.camera).map((p) => p.camera);
    expect(order(false)).toEqual(['C10', 'C1', 'C3', 'C2']);
    expect(order(true)).toEqual(['C1', 'C3', 'C10', 'C2']);
    expect(sorted(plans, 'code', false, (p) => p.camera).map((p) => p.camera)).toEqual(['C1', 'C2', 'C3', 'C10']);
  });

  it('takes gigabytes with comma or point', () => {
    expect(typedBytes('1,5')).toBe(1.5e9);
    expect(typedBytes('1.5')).toBe(1.5e9);
    expect(typedBytes(' ')).toBeNull();
    expect(typedBytes('viel')).toBeNaN();
    expect(gigabytes(1.5e9, true)).toBe('1,5');
    expect(typedBytes(gigabytes(123.45e9, true))).toBe(123.45e9);
  });

  it('leaves room on small disks too', () => {
    expect(usualReserve(4e12, 3e12)).toBe(2e11);
    expect(usualReserve(50e9, 4e9)).toBe(2e9);
  });

  it('shows a disk as it is', () => {
    const volume = { total_bytes: 100, used_bytes: 40, free_bytes: 50, quota_bytes: null, reserve_bytes: 20 } as Volume;
    const of = shares(volume);
    expect([of.used, of.other, of.barred].map((x) => Math.round(x * 100))).toEqual([40, 10, 20]);
    expect(Math.round(shares({ ...volume, quota_bytes: 45 }).barred * 100)).toBe(45);
  });
});
