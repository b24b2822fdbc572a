// The lines of a context menu, and which of them a typed letter means. Pure.

import { fold } from '../words/fold';
import type { Cctv } from './icons';

export interface MenuItem {
  text: string;
  /** Key cap: what does the same without the menu. */
  cap?: string;
  icon?: typeof Cctv;
  onselect: () => void;
  /** Other lines take this one's place; the menu stays open. */
  opens?: () => MenuLine[];
}

/** What is only said, or a line between what belongs together. */
export type MenuLine = MenuItem | { say: string; warn?: boolean } | 'line';

export function isItem(line: MenuLine): line is MenuItem {
  return line !== 'line' && 'onselect' in line;
}

/** The next item (after `from`, around) whose text begins with what was typed, without tone marks. */
export function typedAhead(items: readonly MenuItem[], typed: string, from: number): number | null {
  const wanted = fold(typed);
  if (wanted === '') return null;
  // One letter again and again goes on from item to item; a longer word may stay where it is.
  const first = wanted.length > 1 ? 0 : 1;
  for (let step = first; step < items.length + first; step += 1) {
    const at = (from + step + items.length) % items.length;
    if (fold(items[at]?.text ?? '').startsWith(wanted)) return at;
  }
  return null;
}
