// What is typed and not yet saved, by name. It outlives the forms: a change of view or a closed dialog loses nothing, and
// another person at this desk does not see it. What matters most is kept in this machine's window too, so that a page that
// dies loses nothing either.

const PLACE = 'easien.draft.';
const WRITE_MS = 300;

export class Drafts {
  readonly #kept = new Map<string, object>();
  /** Those that are written down too: what they said fresh, and how their watching ends. */
  readonly #safe = new Map<string, { fresh: string; end: () => void }>();
  /** Whose drafts; empty: of whoever sits here while nobody needs to sign in. */
  who = '';

  #name(name: string): string {
    return `${this.who}/${name}`;
  }

  /** What was typed under this name; else a new one, kept from now on. The object is reactive. */
  keep<T extends object>(name: string, make: () => T): T {
    const known = this.#kept.get(this.#name(name)) as T | undefined;
    if (known) return known;
    const draft = $state(make());
    this.#kept.set(this.#name(name), draft);
    return draft;
  }

  /** As `keep`, and it survives the page. Never for passwords. */
  keepSafe<T extends object>(name: string, make: () => T): T {
    const full = this.#name(name);
    const known = this.#kept.get(full) as T | undefined;
    if (known) return known;
    const fresh = make();
    const draft = this.keep(name, () => ({ ...fresh, ...stored<T>(full, fresh) }));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = $effect.root(() => {
      $effect(() => {
        void JSON.stringify(draft);
        clearTimeout(timer);
        timer = setTimeout(() => this.flush(), WRITE_MS);
      });
    });
    this.#safe.set(full, { fresh: JSON.stringify(fresh), end });
    return draft;
  }

  /** Writes down what is typed now; of what nobody touched, nothing. */
  flush(): void {
    for (const [full, { fresh }] of this.#safe) {
      const text = JSON.stringify(this.#kept.get(full));
      write(full, text === fresh ? null : text);
    }
  }

  has(name: string): boolean {
    return this.#kept.has(this.#name(name)) || place()?.getItem(PLACE + this.#name(name)) != null;
  }

  /** Saved, or given up. */
  drop(name: string): void {
    const full = this.#name(name);
    this.#kept.delete(full);
    this.#safe.get(full)?.end();
    this.#safe.delete(full);
    write(full, null);
  }
}

function place(): Storage | null {
  try {
    return typeof localStorage === 'undefined' ? null : localStorage;
  } catch {
    return null;
  }
}

/** What an earlier page wrote, as far as it has the form of this one. */
function stored<T extends object>(name: string, fresh: T): Partial<T> {
  try {
    const text = place()?.getItem(PLACE + name);
    const found: unknown = text ? JSON.parse(text) : null;
    if (typeof found !== 'object' || found === null) return {};
    return Object.fromEntries(Object.entries(found).filter(([key]) => key in fresh)) as Partial<T>;
  } catch {
    return {};
  }
}

function write(name: string, text: string | null): void {
  try {
    if (text === null) place()?.removeItem(PLACE + name);
    else place()?.setItem(PLACE + name, text);
  } catch {
    // Full, or not allowed: it is still kept in the page.
  }
}
