import { describe, expect, it } from 'vitest';
import type { Recording, TimelineLane } from '../../lib/backend/backend';
import { covered } from './covered';

const S = 1_000_000;
const lane = (...spans: [number, number, boolean, boolean][]): TimelineLane => ({
  camera: 'c', gaps: [], activity: [], spans: spans.map(([start, end, main, sub]) => ({ start: start * S, end: end * S, main, sub })),
});
const rates = () => [
  { which: 'main', bitrate_bps: 8_000_000 },
  { which: 'sub', bitrate_bps: 800_000 },
] as unknown as Recording[];

describe('what a hold protects', () => {
  it('is what is on disk within the clip', () => {
    const found = covered([lane([0, 15, true, true], [20, 90, false, true])], 10 * S, 30 * S, rates);
    expect(found.seconds).toBe(15);
    expect(found.share).toBe(0.75);
    expect(found.bytes).toBe(5 * 1_100_000 + 10 * 100_000);
  });

  it('is nothing where nothing is', () => {
    expect(covered([lane()], 0, 10 * S, rates)).toEqual({ seconds: 0, share: 0, bytes: 0 });
    expect(covered([], 0, 10 * S, rates).share).toBe(0);
  });
});
