import { describe, expect, it } from 'vitest';
import { withoutFootage } from './gap';

describe('withoutFootage', () => {
  it('leaves out what one stream has at either end', () => {
    const spans = [{ start: 0, end: 12 }, { start: 28, end: 50 }];
    expect(withoutFootage({ start: 10, end: 30 }, spans, 100)).toEqual({ start: 12, end: 28 });
  });
  it('keeps a gap that lies between footage or within it', () => {
    expect(withoutFootage({ start: 10, end: 30 }, [{ start: 0, end: 10 }, { start: 30, end: 50 }], 100)).toEqual({ start: 10, end: 30 });
    expect(withoutFootage({ start: 10, end: 11 }, [{ start: 0, end: 50 }], 100)).toEqual({ start: 10, end: 11 });
  });
  it('an open gap goes on until now', () => {
    expect(withoutFootage({ start: 10, end: null }, [{ start: 0, end: 10 }], 100)).toEqual({ start: 10, end: 100 });
  });
});
