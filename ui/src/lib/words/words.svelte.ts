// The language of the screens. Paraglide's messages read the locale through this rune, so that a change rewrites every
// text in place: nothing is reloaded and nothing typed is lost.

import * as m from '../../paraglide/messages.js';
import { baseLocale, isLocale, locales, overwriteGetLocale, overwriteSetLocale, type Locale } from '../../paraglide/runtime.js';

export { m, locales, type Locale };

let current = $state<Locale>(baseLocale);

overwriteGetLocale(() => current);
overwriteSetLocale((locale) => {
  current = locale;
});

export function locale(): Locale {
  return current;
}

/** A language asked for when this window was opened goes before the room's. */
let pinned = false;

export function pinLocale(wanted: string): void {
  useLocale(wanted);
  pinned = isLocale(wanted);
}

/** The room's language. */
export function followLocale(wanted: string): void {
  if (!pinned) useLocale(wanted);
}

/** What a person chose here and now. An unknown language leaves things as they are. */
export function useLocale(wanted: string): void {
  if (!isLocale(wanted)) return;
  pinned = false;
  current = wanted;
  if (typeof document !== 'undefined') document.documentElement.lang = wanted;
}

type Sentence = (params: Record<string, string>) => string;

/** The sentence of a key that is only known while running, if the catalogue has it. */
export function sentence(key: string, params: Record<string, string> = {}): string | null {
  const found = (m as unknown as Record<string, Sentence | undefined>)[key];
  return typeof found === 'function' ? found(params) : null;
}
