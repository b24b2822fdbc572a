// How this window looks: its theme and the size of its text. Belongs to the window, because it is the light in front of
// this screen and the eyes of who sits there that decide; follows nothing by itself.

import type { Backend, Look } from '../backend/backend';
import { m } from '../words/words.svelte';

export type Theme = Look['theme'];

export const THEMES: readonly Theme[] = ['dark', 'day', 'contrast'];
/** Percent of the size that fits the screen. */
export const TEXT_PERCENTS: readonly number[] = [90, 100, 115, 130, 150];
const USUAL: Look = { theme: 'dark', text_percent: 100 };

export const themeName: Record<Theme, () => string> = {
  dark: () => m.theme_dark(),
  day: () => m.theme_day(),
  contrast: () => m.theme_contrast(),
};

/** What makes sense of what was kept. */
export function readLook(kept: unknown): Look {
  if (typeof kept !== 'object' || kept === null) return USUAL;
  const { theme, text_percent } = kept as Partial<Look>;
  return {
    theme: THEMES.find((each) => each === theme) ?? USUAL.theme,
    text_percent: TEXT_PERCENTS.find((each) => each === text_percent) ?? USUAL.text_percent,
  };
}

class LookState {
  #look = $state.raw<Look>(USUAL);
  #backend: Backend | null = null;

  get theme(): Theme {
    return this.#look.theme;
  }

  get text_percent(): number {
    return this.#look.text_percent;
  }

  /** As the window looked when it was last open. Before anything is on the screen. */
  begin(backend: Backend, kept: unknown): void {
    this.#backend = backend;
    this.#show(readLook(kept));
  }

  setTheme(theme: Theme): void {
    this.#keep({ ...this.#look, theme });
  }

  setText(text_percent: number): void {
    this.#keep({ ...this.#look, text_percent });
  }

  nextTheme(): void {
    this.setTheme(THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length] ?? 'dark');
  }

  /** One size up or down; 0: back to 100 %. */
  stepText(step: 1 | 0 | -1): void {
    const at = TEXT_PERCENTS.indexOf(this.text_percent) + step;
    this.setText(step === 0 ? 100 : (TEXT_PERCENTS[Math.min(Math.max(at, 0), TEXT_PERCENTS.length - 1)] ?? 100));
  }

  #keep(look: Look): void {
    if (look.theme === this.theme && look.text_percent === this.text_percent) return;
    this.#show(look);
    this.#backend?.keepLook(look);
  }

  #show(look: Look): void {
    const root = document.documentElement;
    root.dataset.theme = look.theme;
    root.style.setProperty('--text-scale', String(look.text_percent / 100));
    this.#look = look;
    // Whoever measures in rem measures again.
    window.dispatchEvent(new Event('resize'));
  }
}

export const look = new LookState();
