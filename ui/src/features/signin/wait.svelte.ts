// After wrong passwords the station lets nobody try for some seconds, more each time. It is counted down here.

import type { Problem } from '../../lib/backend/backend';
import { nowMs } from '../../lib/time/now.svelte';

export class Wait {
  #until_ms = $state(0);

  /** What a try came back with. */
  take(problem: Problem | null, now_ms = Date.now()): void {
    const seconds = problem?.key === 'problem_sign_in_wait' ? Number(problem.params['seconds']) : 0;
    this.#until_ms = Number.isFinite(seconds) && seconds > 0 ? now_ms + seconds * 1000 : 0;
  }

  /** Seconds that are left; 0: none. */
  get left(): number {
    return this.leftAt(nowMs());
  }

  leftAt(now_ms: number): number {
    return Math.max(0, Math.ceil((this.#until_ms - now_ms) / 1000));
  }
}
