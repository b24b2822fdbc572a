// Something of the station that is asked for again and again while a screen shows it.

import { asFailure, type Problem } from '../../lib/backend/backend';

export class Asked<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  #turn = 0;

  /** Asks now, and then every so often, until the function given back is called. An answer to an older question is dropped. */
  every(ms: number, ask: () => Promise<T>): () => void {
    const turn = (this.#turn += 1);
    const once = async () => {
      try {
        const value = await ask();
        if (turn === this.#turn) [this.value, this.problem] = [value, null];
      } catch (thrown) {
        if (turn === this.#turn) this.problem = asFailure(thrown).problem;
      }
    };
    void once();
    const timer = setInterval(() => void once(), ms);
    return () => clearInterval(timer);
  }
}
