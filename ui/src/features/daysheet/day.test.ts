import { describe, expect, it } from 'vitest';
import type { CameraDay } from '../../lib/backend/backend';
import { midnight, stands_out, sumsOf } from './day';

const day = (more: Partial<CameraDay>): CameraDay => ({ camera: 'a', live: 1, measured_s: 86_400, losses: 0, lost_s: 0, longest_s: 0, recorded_s: 86_400, missing_s: 0, disk_s: 0, ...more });

describe('the daily sheet', () => {
  it('is from local midnight to local midnight', () => {
    const noon = new Date(2026, 10, 29, 12).getTime() * 1000;
    expect(midnight(noon)).toBe(new Date(2026, 10, 29).getTime() * 1000);
    expect(midnight(noon, 1)).toBe(new Date(2026, 10, 30).getTime() * 1000);
    expect(midnight(noon, -29)).toBe(new Date(2026, 9, 31).getTime() * 1000);
  });

  it('says which cameras somebody should look at', () => {
    expect([day({}), day({ losses: 3, lost_s: 40 }), day({ lost_s: 60 }), day({ missing_s: 61 })].map(stands_out)).toEqual([false, false, true, true]);
  });

  it('sums up what was measured', () => {
    expect(sumsOf([day({ live: 0.5, lost_s: 100, missing_s: 100 }), day({}), day({ live: null, missing_s: 80, disk_s: 80 })])).toEqual({ cameras: 3, lost: 1, missing: 2, disk: 1, live: 0.75 });
    expect(sumsOf([]).live).toBeNull();
  });
});
