// One call in flight; of what is wanted meanwhile only the newest (merged) is sent when the answer is there. For dragging:
// the station answers as fast as it can, and nothing piles up.

export class Newest<T> {
  readonly #send: (wanted: T) => Promise<void>;
  readonly #merge: (older: T, newer: T) => T;
  #waiting: { wanted: T } | null = null;
  #busy = false;

  constructor(send: (wanted: T) => Promise<void>, merge: (older: T, newer: T) => T = (_, newer) => newer) {
    this.#send = send;
    this.#merge = merge;
  }

  /** Something is on its way. */
  get busy(): boolean {
    return this.#busy;
  }

  want(wanted: T): void {
    this.#waiting = { wanted: this.#waiting ? this.#merge(this.#waiting.wanted, wanted) : wanted };
    if (!this.#busy) void this.#run();
  }

  /** Sends it once more, under whatever was wanted meanwhile. From within `send`. */
  again(older: T): void {
    this.#waiting = { wanted: this.#waiting ? this.#merge(older, this.#waiting.wanted) : older };
  }

  /** What waits is not sent any more. */
  forget(): void {
    this.#waiting = null;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#waiting) {
        const { wanted } = this.#waiting;
        this.#waiting = null;
        await this.#send(wanted).catch(() => {});
      }
    } finally {
      this.#busy = false;
    }
  }
}
