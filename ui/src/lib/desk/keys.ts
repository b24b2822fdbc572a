// The one table of keys: it binds them and it is what the key map shows. Keys are off while a person types or an input
// method composes; only those that write nothing (F keys, Ctrl+K) work then.

import { m } from '../words/words.svelte';

export type Action =
  | 'view_live'
  | 'view_cameras'
  | 'view_stills'
  | 'search'
  | 'filter'
  | 'bookmark'
  | 'still'
  | 'note'
  | 'focus_left'
  | 'focus_right'
  | 'focus_up'
  | 'focus_down'
  | 'enlarge'
  | 'back'
  | 'empty'
  | 'page_next'
  | 'page_previous'
  | 'grid_1'
  | 'grid_4'
  | 'grid_9'
  | 'grid_16'
  | 'grid_25'
  | 'grid_36'
  | 'grid_64'
  | 'side'
  | 'keys';

export type KeyGroup = 'views' | 'moment' | 'wall' | 'grid';

export interface KeyLine {
  action: Action;
  /** As in `KeyboardEvent.key`, with `Alt+` or `Ctrl+`; letters and digits by meaning, not by place. */
  key: string;
  group: KeyGroup;
  what: () => string;
  /** Works while typing, because it writes nothing. */
  always?: boolean;
}

export const KEYS: readonly KeyLine[] = [
  { action: 'view_live', key: 'F1', group: 'views', what: () => m.view_live(), always: true },
  { action: 'view_cameras', key: 'F4', group: 'views', what: () => m.view_cameras(), always: true },
  { action: 'view_stills', key: 'F6', group: 'views', what: () => m.view_stills(), always: true },
  { action: 'search', key: 'Ctrl+k', group: 'views', what: () => m.key_search(), always: true },
  { action: 'filter', key: '/', group: 'views', what: () => m.key_filter() },
  { action: 'side', key: 'F9', group: 'views', what: () => m.key_side(), always: true },
  { action: 'keys', key: '?', group: 'views', what: () => m.key_keys() },
  { action: 'bookmark', key: 'b', group: 'moment', what: () => m.key_bookmark() },
  { action: 'still', key: 's', group: 'moment', what: () => m.key_still() },
  { action: 'note', key: 'n', group: 'moment', what: () => m.key_note() },
  { action: 'focus_left', key: 'ArrowLeft', group: 'wall', what: () => m.key_focus() },
  { action: 'focus_right', key: 'ArrowRight', group: 'wall', what: () => m.key_focus() },
  { action: 'focus_up', key: 'ArrowUp', group: 'wall', what: () => m.key_focus() },
  { action: 'focus_down', key: 'ArrowDown', group: 'wall', what: () => m.key_focus() },
  { action: 'enlarge', key: 'Enter', group: 'wall', what: () => m.key_enlarge() },
  { action: 'back', key: 'Escape', group: 'wall', what: () => m.key_back() },
  { action: 'empty', key: 'Delete', group: 'wall', what: () => m.key_empty() },
  { action: 'page_next', key: 'PageDown', group: 'wall', what: () => m.key_page_next() },
  { action: 'page_previous', key: 'PageUp', group: 'wall', what: () => m.key_page_previous() },
  { action: 'grid_1', key: 'Alt+1', group: 'grid', what: () => m.grid_of({ count: '1' }) },
  { action: 'grid_4', key: 'Alt+2', group: 'grid', what: () => m.grid_of({ count: '4' }) },
  { action: 'grid_9', key: 'Alt+3', group: 'grid', what: () => m.grid_of({ count: '9' }) },
  { action: 'grid_16', key: 'Alt+4', group: 'grid', what: () => m.grid_of({ count: '16' }) },
  { action: 'grid_25', key: 'Alt+5', group: 'grid', what: () => m.grid_of({ count: '25' }) },
  { action: 'grid_36', key: 'Alt+6', group: 'grid', what: () => m.grid_of({ count: '36' }) },
  { action: 'grid_64', key: 'Alt+7', group: 'grid', what: () => m.grid_of({ count: '64' }) },
];

const SHORT: Record<string, string> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  Delete: 'Del',
  PageDown: 'PgDn',
  PageUp: 'PgUp',
};

/** As written on a key cap. */
export function keyCap(key: string): string {
  return key
    .split('+')
    .map((part) => SHORT[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join(' ');
}

export function capOf(action: Action): string {
  const line = KEYS.find((k) => k.action === action);
  return line ? keyCap(line.key) : '';
}

/** The line that a key press means, if any. Pure, for tests. */
export function lineFor(event: KeyPress): KeyLine | null {
  // An input method is composing: the key is its own (229 is how some report it).
  if (event.isComposing || event.keyCode === 229 || event.metaKey) return null;
  const digit = event.altKey && /^Digit\d$/.test(event.code) ? event.code.slice(5) : null;
  const name = digit ?? (event.key.length === 1 ? event.key.toLowerCase() : event.key);
  const key = `${event.ctrlKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${name}`;
  return KEYS.find((line) => line.key === key) ?? null;
}

export type KeyPress = Pick<
  KeyboardEvent,
  'key' | 'code' | 'keyCode' | 'isComposing' | 'ctrlKey' | 'altKey' | 'metaKey'
>;

const TYPING = 'input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable=true]';
const PRESSABLE = 'button, a[href], summary, input, [role=menuitem], [role=option]:not([data-tile]), [role=treeitem]';

class Keys {
  readonly #handlers = new Map<Action, (() => void)[]>();

  /** The newest handler of an action has it until it is taken off. */
  on(handlers: Partial<Record<Action, () => void>>): () => void {
    const added = Object.entries(handlers) as [Action, () => void][];
    for (const [action, fn] of added) this.#handlers.set(action, [...(this.#handlers.get(action) ?? []), fn]);
    return () => {
      for (const [action, fn] of added) {
        this.#handlers.set(action, (this.#handlers.get(action) ?? []).filter((other) => other !== fn));
      }
    };
  }

  /** Starts listening; call once. */
  listen(): () => void {
    const take = (event: KeyboardEvent) => this.#take(event);
    window.addEventListener('keydown', take);
    return () => window.removeEventListener('keydown', take);
  }

  #take(event: KeyboardEvent): void {
    if (event.defaultPrevented) return;
    const line = lineFor(event);
    if (!line) return;
    const target = event.target instanceof Element ? event.target : document.body;
    // A dialog or menu has the keyboard for itself.
    if (document.querySelector('[role=dialog][data-modal], [role=menu], [role=alertdialog]')) return;
    if (!line.always && target.closest(TYPING)) return;
    if (line.key === 'Enter' && target.closest(PRESSABLE)) return;
    const handler = this.#handlers.get(line.action)?.at(-1);
    if (!handler) return;
    event.preventDefault();
    if (event.repeat && !/^(Arrow|Page)/.test(line.key)) return;
    handler();
  }
}

export const keys = new Keys();
