import { describe, expect, it } from 'vitest';
import {
  around, bucketFor, DAY, follow, HOUR, MINUTE, nextLength, notBeyond, pan, ruler, SECOND, shuttle, SPAN_LEAST, SPAN_MOST, toTime, toX, zoom, zoomTo,
} from './span';

const at = new Date(2026, 10, 23, 13, 38, 41, 320).getTime() * 1000;
const width = 1024;

describe('a span', () => {
  it('keeps the moment under the pointer where it is, whatever the zoom', () => {
    let span = around(at, 15 * MINUTE);
    for (const factor of [0.5, 0.7, 3, 40, 0.01, 1.2]) {
      for (const x of [0, 100, 512, 1024]) {
        const moment = toTime(span, width, x);
        const next = zoom(span, factor, moment);
        expect(Math.abs(toX(next, width, moment) - x)).toBeLessThan(0.01);
        span = next;
      }
    }
  });

  it('is 10 s to 30 days long', () => {
    expect(zoom(around(at, MINUTE), 1e-6, at).length).toBe(SPAN_LEAST);
    expect(zoom(around(at, MINUTE), 1e9, at).length).toBe(SPAN_MOST);
    expect(zoomTo(around(at, MINUTE), HOUR, at).length).toBe(HOUR);
  });

  it('goes from moment to pixel and back', () => {
    const span = around(at, 30 * DAY);
    for (let x = 0; x <= width; x += 64) expect(toX(span, width, toTime(span, width, x))).toBeCloseTo(x, 3);
    expect(pan(span, HOUR).start - span.start).toBe(HOUR);
  });

  it('keeps the newest end in sight', () => {
    const span = notBeyond({ start: at + DAY, length: HOUR }, at);
    expect(toX(span, 100, at)).toBeCloseTo(80, 5);
    const past = around(at - DAY, HOUR);
    expect(notBeyond(past, at)).toBe(past);
  });

  it('turns a page when the playhead runs out of it, and leaves it where a person looks elsewhere', () => {
    const span = { start: at, length: 100 * SECOND };
    expect(follow(span, at + 50 * SECOND, false)).toBe(span);
    const on = follow(span, at + 95 * SECOND, false);
    expect(on.start).toBeGreaterThan(span.start);
    expect(toX(on, 100, at + 95 * SECOND)).toBeCloseTo(12, 5);
    expect(toX(follow(span, at + 4 * SECOND, true), 100, at + 4 * SECOND)).toBeCloseTo(88, 5);
    expect(follow(span, at + 900 * SECOND, false)).toBe(span);
  });

  it('has round lengths for the keys', () => {
    expect(nextLength(15 * MINUTE, true)).toBe(5 * MINUTE);
    expect(nextLength(15 * MINUTE, false)).toBe(30 * MINUTE);
    expect(nextLength(SPAN_LEAST, true)).toBe(SPAN_LEAST);
    expect(nextLength(SPAN_MOST, false)).toBe(SPAN_MOST);
  });
});

describe('the ruler', () => {
  it('has round local times, apart from each other, at every zoom', () => {
    for (let length = SPAN_LEAST; length <= SPAN_MOST; length *= 1.7) {
      const span = around(at, length);
      const { step, ticks } = ruler(span, width, 60);
      expect(ticks.length).toBeGreaterThan(2);
      expect(ticks.length).toBeLessThanOrEqual(width / 60 + 2);
      ticks.forEach((tick, i) => {
        expect(tick.at).toBeGreaterThanOrEqual(span.start);
        expect(tick.at).toBeLessThan(span.start + span.length);
        const date = new Date(tick.at / 1000);
        const of_day = ((date.getHours() * 60 + date.getMinutes()) * 60 + date.getSeconds()) * SECOND;
        expect(tick.day).toBe(of_day === 0);
        if (step < DAY) expect(of_day % step).toBe(0);
        const before = ticks[i - 1];
        if (before) expect(toX(span, width, tick.at) - toX(span, width, before.at)).toBeGreaterThan(59);
      });
    }
  });

  it('does not move its days while one pans', () => {
    const days = (start: number) => new Set(ruler({ start, length: 30 * DAY }, 500, 60).ticks.map((tick) => tick.at));
    const a = days(at);
    const shared = [...days(at + DAY)].filter((tick) => a.has(tick));
    expect(shared.length).toBeGreaterThan(2);
  });

  it('says seconds at 10 s', () => expect(ruler(around(at, 10 * SECOND), width, 80).step).toBe(SECOND));
});

describe('bars of activity', () => {
  it('are about six pixels and of a few lengths', () => {
    const lengths = new Set<number>();
    for (let length = SPAN_LEAST; length <= SPAN_MOST; length *= 1.1) {
      const bucket = bucketFor(around(at, length), width);
      lengths.add(bucket);
      const px = (bucket / length) * width;
      expect(px).toBeGreaterThan(4);
      expect(px).toBeLessThan(9);
    }
    expect(lengths.size).toBeLessThan(22);
  });
});

describe('the shuttle', () => {
  it('doubles in its direction and turns at once', () => {
    expect(shuttle(false, 4, true)).toBe(1);
    expect(shuttle(true, 1, true)).toBe(2);
    expect(shuttle(true, 64, true)).toBe(64);
    expect(shuttle(true, 4, false)).toBe(-1);
    expect(shuttle(true, -2, false)).toBe(-4);
    expect(shuttle(true, 0.125, true)).toBe(1);
  });
});
