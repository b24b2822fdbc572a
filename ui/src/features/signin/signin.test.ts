import { describe, expect, it } from 'vitest';
import type { Problem } from '../../lib/backend/backend';
import { Wait } from './wait.svelte';

const wait = (seconds: string): Problem => ({ code: 'Precondition', key: 'problem_sign_in_wait', params: { seconds }, field: 'password', detail: '' });

describe('waiting after wrong passwords', () => {
  it('counts down to nothing', () => {
    const w = new Wait();
    w.take(wait('4'), 10_000);
    expect([w.leftAt(10_000), w.leftAt(10_001), w.leftAt(13_500), w.leftAt(14_000), w.leftAt(99_000)]).toEqual([4, 4, 1, 0, 0]);
  });

  it('is over when the next try fails for another reason, and never endless', () => {
    const w = new Wait();
    w.take(wait('4'), 0);
    w.take({ ...wait('4'), key: 'problem_sign_in_wrong' }, 0);
    expect(w.leftAt(0)).toBe(0);
    w.take(wait('?'), 0);
    expect(w.leftAt(0)).toBe(0);
  });
});
