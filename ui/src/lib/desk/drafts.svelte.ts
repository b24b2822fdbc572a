// What is typed and not yet saved, by name. It outlives the forms: a change of view or a closed dialog loses nothing.

export class Drafts {
  readonly #kept = new Map<string, object>();

  /** What was typed under this name; else a new one, kept from now on. The object is reactive. */
  keep<T extends object>(name: string, make: () => T): T {
    const known = this.#kept.get(name) as T | undefined;
    if (known) return known;
    const draft = $state(make());
    this.#kept.set(name, draft);
    return draft;
  }

  has(name: string): boolean {
    return this.#kept.has(name);
  }

  /** Saved, or given up. */
  drop(name: string): void {
    this.#kept.delete(name);
  }
}
