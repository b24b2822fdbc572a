// Digits typed on the live wall bring the camera of that number up. The digits stand in a small box until they are
// clear, Enter is pressed, or a moment has passed.

import type { Camera } from '../backend/backend';
import { digitsMost, meant } from '../room/number';

/** After so long without another digit they are taken as they are. */
const PAUSE_MS = 1200;
/** So long an answer that nothing came of stays to be read. */
const ANSWER_MS = 4000;

export type Answer = { kind: 'unknown'; typed: string } | { kind: 'several'; typed: string; cameras: Camera[] };

export class NumberEntry {
  /** The digits so far; empty: nobody is typing a number. */
  typed = $state('');
  /** Why nothing came of the last number. */
  answer = $state.raw<Answer | null>(null);
  /** A camera has just come up without Enter: one that is pressed out of habit means nothing more. */
  lately = $state(false);
  readonly #cameras: () => readonly Camera[];
  readonly #found: (camera: Camera) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(cameras: () => readonly Camera[], found: (camera: Camera) => void) {
    this.#cameras = cameras;
    this.#found = found;
  }

  type(digit: string): void {
    this.answer = null;
    this.lately = false;
    const cameras = this.#cameras();
    if (this.typed.length < digitsMost(cameras)) this.typed += digit;
    const { exact, open } = meant(this.typed, cameras);
    // One camera, and no further digit can mean another.
    if (exact.length === 1 && !open) {
      this.take();
      this.lately = true;
      this.#wait(() => (this.lately = false), PAUSE_MS);
    } else this.#wait(() => this.take(), PAUSE_MS);
  }

  erase(): void {
    this.typed = this.typed.slice(0, -1);
    if (this.typed === '') this.cancel();
    else this.#wait(() => this.take(), PAUSE_MS);
  }

  /** Enough typed. */
  take(): void {
    const typed = this.typed;
    if (typed === '') return;
    const { exact } = meant(typed, this.#cameras());
    this.cancel();
    const only = exact[0];
    if (only && exact.length === 1) this.#found(only);
    else {
      this.answer = exact.length > 1 ? { kind: 'several', typed, cameras: exact } : { kind: 'unknown', typed };
      this.#wait(() => (this.answer = null), ANSWER_MS);
    }
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.typed = '';
    this.answer = null;
    this.lately = false;
  }

  #wait(then: () => void, ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }
}
