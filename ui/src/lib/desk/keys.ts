// The one table of keys: it binds them and it is what the key map shows. Keys are off while a person types or an input
// method composes; only those that write nothing (F keys, Ctrl+K) work then.

import type { CommandName } from '../backend/backend';
import { m } from '../words/words.svelte';

export type Action =
  | 'view_live'
  | 'view_incidents'
  | 'view_shifts'
  | 'lock'
  | 'incident'
  | 'view_cameras'
  | 'view_stills'
  | 'view_bookmarks'
  | 'view_storage'
  | 'view_health'
  | 'view_alarms'
  | 'acknowledge'
  | 'bookmark_wall'
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
  | 'form_1_5'
  | 'form_1_7'
  | 'form_2_8'
  | 'border_left'
  | 'border_right'
  | 'border_up'
  | 'border_down'
  | 'hotspot'
  | 'undo'
  | 'layout_menu'
  | 'layout_next'
  | 'layout_previous'
  | 'layout_save'
  | 'shift_start'
  | 'tour'
  | 'tour_end'
  | 'overview'
  | 'by_unit'
  | 'busiest'
  | 'number'
  | 'closer'
  | 'farther'
  | 'whole'
  | 'look_left'
  | 'look_right'
  | 'look_up'
  | 'look_down'
  | 'menu'
  | 'side'
  | 'keys'
  | 'settings'
  | 'text_larger'
  | 'text_smaller'
  | 'text_usual'
  | 'theme'
  | 'new_wall'
  | 'fullscreen'
  | 'quit'
  | 'listen'
  | 'view_review'
  | 'ago'
  | 'play'
  | 'shuttle_back'
  | 'shuttle_stop'
  | 'shuttle_forward'
  | 'step_back'
  | 'step_forward'
  | 'skip_back'
  | 'skip_forward'
  | 'event_back'
  | 'event_forward'
  | 'tile_next'
  | 'tile_previous'
  | 'select_start'
  | 'select_end'
  | 'to_start'
  | 'to_newest'
  | 'zoom_in'
  | 'zoom_out'
  | 'type_time'
  | 'calendar'
  | 'hold'
  | 'copy'
  | 'to_live'
  | 'road_back'
  | `road_${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`;

export type KeyGroup = 'window' | 'views' | 'moment' | 'wall' | 'grid' | 'picture' | 'play' | 'clip';

export interface KeyLine {
  action: Action;
  /**
   * As in `KeyboardEvent.key`, with `Ctrl+`, `Alt+`, or (for keys that write no letter) `Shift+`; letters and digits by
   * meaning, not by place.
   */
  key: string;
  group: KeyGroup;
  what: () => string;
  /** Works while typing, because it writes nothing. */
  always?: boolean;
  /** Works in a dialog or menu too, because it concerns the whole window. */
  anywhere?: boolean;
  /** Only there; the same key may mean something else elsewhere. */
  where?: 'live' | 'review';
  /** Held down it goes on. */
  repeat?: boolean;
  /** Only for whoever may call this. */
  needs?: CommandName;
}

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

export const KEYS: readonly KeyLine[] = [
  { action: 'view_live', key: 'F1', group: 'views', what: () => m.view_live(), always: true },
  { action: 'view_review', key: 'F2', group: 'views', what: () => m.view_review(), always: true },
  { action: 'view_incidents', key: 'F3', group: 'views', what: () => m.view_incidents(), always: true },
  { action: 'view_cameras', key: 'F4', group: 'views', what: () => m.view_cameras(), always: true },
  { action: 'view_shifts', key: 'F5', group: 'views', what: () => m.view_shifts(), always: true },
  { action: 'view_stills', key: 'F6', group: 'views', what: () => m.view_stills(), always: true },
  { action: 'view_bookmarks', key: 'F7', group: 'views', what: () => m.view_bookmarks(), always: true },
  { action: 'view_storage', key: 'F8', group: 'views', what: () => m.view_storage(), always: true },
  { action: 'view_health', key: 'F12', group: 'views', what: () => m.view_health(), always: true },
  { action: 'view_alarms', key: 'Alt+a', group: 'views', what: () => m.alarm_list_title(), always: true },
  { action: 'search', key: 'Ctrl+k', group: 'views', what: () => m.key_search(), always: true },
  { action: 'filter', key: '/', group: 'views', what: () => m.key_filter() },
  { action: 'side', key: 'F9', group: 'views', what: () => m.key_side(), always: true },
  { action: 'fullscreen', key: 'F11', group: 'window', what: () => m.key_fullscreen(), always: true, anywhere: true },
  { action: 'new_wall', key: 'Ctrl+n', group: 'window', what: () => m.key_new_wall(), always: true },
  { action: 'lock', key: 'Ctrl+l', group: 'window', what: () => m.key_lock(), always: true, anywhere: true },
  { action: 'quit', key: 'Ctrl+q', group: 'window', what: () => m.key_quit(), always: true, anywhere: true },
  { action: 'keys', key: '?', group: 'views', what: () => m.key_keys() },
  { action: 'settings', key: 'Ctrl+,', group: 'views', what: () => m.settings(), always: true },
  { action: 'text_larger', key: 'Ctrl+=', group: 'views', what: () => m.key_text_size(), always: true, anywhere: true },
  { action: 'text_larger', key: 'Ctrl++', group: 'views', what: () => m.key_text_size(), always: true, anywhere: true },
  { action: 'text_smaller', key: 'Ctrl+-', group: 'views', what: () => m.key_text_size(), always: true, anywhere: true },
  { action: 'text_usual', key: 'Ctrl+0', group: 'views', what: () => m.key_text_usual(), always: true, anywhere: true },
  { action: 'theme', key: 'Shift+F9', group: 'views', what: () => m.key_theme(), always: true, anywhere: true },
  { action: 'acknowledge', key: 'a', group: 'moment', what: () => m.key_acknowledge() },
  { action: 'bookmark', key: 'b', group: 'moment', what: () => m.key_bookmark(), needs: 'bookmark.add' },
  { action: 'bookmark_wall', key: 'm', group: 'moment', what: () => m.key_bookmark_wall(), where: 'live', needs: 'bookmark.add' },
  { action: 'still', key: 's', group: 'moment', what: () => m.key_still(), needs: 'still.take' },
  { action: 'incident', key: 'n', group: 'moment', what: () => m.key_incident(), needs: 'incident.open' },
  { action: 'note', key: 'g', group: 'moment', what: () => m.key_note(), where: 'live', needs: 'note.add' },
  { action: 'listen', key: 'v', group: 'moment', what: () => m.key_listen(), where: 'live' },
  { action: 'ago', key: 'r', group: 'moment', what: () => m.key_ago(), where: 'live' },
  { action: 'focus_left', key: 'ArrowLeft', group: 'wall', what: () => m.key_focus(), where: 'live' },
  { action: 'focus_right', key: 'ArrowRight', group: 'wall', what: () => m.key_focus(), where: 'live' },
  { action: 'focus_up', key: 'ArrowUp', group: 'wall', what: () => m.key_focus(), where: 'live' },
  { action: 'focus_down', key: 'ArrowDown', group: 'wall', what: () => m.key_focus(), where: 'live' },
  { action: 'enlarge', key: 'Enter', group: 'wall', what: () => m.key_enlarge() },
  { action: 'back', key: 'Escape', group: 'wall', what: () => m.key_back() },
  { action: 'empty', key: 'Delete', group: 'wall', what: () => m.key_empty() },
  { action: 'menu', key: 'ContextMenu', group: 'wall', what: () => m.key_menu() },
  { action: 'menu', key: 'Shift+F10', group: 'wall', what: () => m.key_menu() },
  ...DIGITS.map((digit): KeyLine => ({ action: 'number', key: digit, group: 'wall', what: () => m.key_number(), where: 'live' })),
  { action: 'page_next', key: 'PageDown', group: 'wall', what: () => m.key_page_next() },
  { action: 'page_previous', key: 'PageUp', group: 'wall', what: () => m.key_page_previous() },
  { action: 'grid_1', key: 'Alt+1', group: 'grid', what: () => m.grid_of({ count: '1' }) },
  { action: 'grid_4', key: 'Alt+2', group: 'grid', what: () => m.grid_of({ count: '4' }) },
  { action: 'grid_9', key: 'Alt+3', group: 'grid', what: () => m.grid_of({ count: '9' }) },
  { action: 'grid_16', key: 'Alt+4', group: 'grid', what: () => m.grid_of({ count: '16' }) },
  { action: 'grid_25', key: 'Alt+5', group: 'grid', what: () => m.grid_of({ count: '25' }) },
  { action: 'grid_36', key: 'Alt+6', group: 'grid', what: () => m.grid_of({ count: '36' }) },
  { action: 'grid_64', key: 'Alt+7', group: 'grid', what: () => m.grid_of({ count: '64' }) },
  { action: 'form_1_5', key: 'Alt+8', group: 'grid', what: () => m.form_of({ form: '1+5' }) },
  { action: 'form_1_7', key: 'Alt+9', group: 'grid', what: () => m.form_of({ form: '1+7' }) },
  { action: 'form_2_8', key: 'Alt+0', group: 'grid', what: () => m.form_of({ form: '2+8' }) },
  { action: 'border_left', key: 'Shift+ArrowLeft', group: 'grid', what: () => m.key_border(), where: 'live', repeat: true },
  { action: 'border_right', key: 'Shift+ArrowRight', group: 'grid', what: () => m.key_border(), where: 'live', repeat: true },
  { action: 'border_up', key: 'Shift+ArrowUp', group: 'grid', what: () => m.key_border(), where: 'live', repeat: true },
  { action: 'border_down', key: 'Shift+ArrowDown', group: 'grid', what: () => m.key_border(), where: 'live', repeat: true },
  { action: 'layout_menu', key: 'w', group: 'grid', what: () => m.key_layout_menu(), where: 'live' },
  { action: 'layout_previous', key: '[', group: 'grid', what: () => m.key_layout_step(), where: 'live' },
  { action: 'layout_next', key: ']', group: 'grid', what: () => m.key_layout_step(), where: 'live' },
  { action: 'layout_save', key: 'Ctrl+s', group: 'grid', what: () => m.key_layout_save(), where: 'live' },
  { action: 'shift_start', key: 'Ctrl+Home', group: 'grid', what: () => m.key_shift_start(), where: 'live' },
  { action: 'tour', key: 't', group: 'grid', what: () => m.key_tour(), where: 'live' },
  { action: 'tour_end', key: 'Ctrl+t', group: 'grid', what: () => m.key_tour_end(), where: 'live' },
  { action: 'hotspot', key: 'f', group: 'wall', what: () => m.key_hotspot(), where: 'live' },
  { action: 'undo', key: 'Ctrl+z', group: 'wall', what: () => m.key_undo(), where: 'live' },
  { action: 'overview', key: 'o', group: 'grid', what: () => m.key_overview(), where: 'live' },
  { action: 'by_unit', key: 'u', group: 'grid', what: () => m.key_by_unit(), where: 'live' },
  { action: 'busiest', key: 'h', group: 'grid', what: () => m.key_busiest(), where: 'live' },
  { action: 'closer', key: '+', group: 'picture', what: () => m.key_closer(), where: 'live', repeat: true },
  { action: 'closer', key: '=', group: 'picture', what: () => m.key_closer(), where: 'live', repeat: true },
  { action: 'farther', key: '-', group: 'picture', what: () => m.key_farther(), where: 'live', repeat: true },
  { action: 'whole', key: 'z', group: 'picture', what: () => m.key_whole() },
  { action: 'look_left', key: 'Alt+ArrowLeft', group: 'picture', what: () => m.key_look(), repeat: true },
  { action: 'look_right', key: 'Alt+ArrowRight', group: 'picture', what: () => m.key_look(), repeat: true },
  { action: 'look_up', key: 'Alt+ArrowUp', group: 'picture', what: () => m.key_look(), repeat: true },
  { action: 'look_down', key: 'Alt+ArrowDown', group: 'picture', what: () => m.key_look(), repeat: true },
  { action: 'play', key: ' ', group: 'play', what: () => m.key_play(), where: 'review' },
  { action: 'shuttle_back', key: 'j', group: 'play', what: () => m.key_shuttle(), where: 'review' },
  { action: 'shuttle_stop', key: 'k', group: 'play', what: () => m.key_shuttle(), where: 'review' },
  { action: 'shuttle_forward', key: 'l', group: 'play', what: () => m.key_shuttle(), where: 'review' },
  { action: 'step_back', key: 'ArrowLeft', group: 'play', what: () => m.key_step(), where: 'review', repeat: true },
  { action: 'step_forward', key: 'ArrowRight', group: 'play', what: () => m.key_step(), where: 'review', repeat: true },
  { action: 'step_back', key: ',', group: 'play', what: () => m.key_step(), where: 'review', repeat: true },
  { action: 'step_forward', key: '.', group: 'play', what: () => m.key_step(), where: 'review', repeat: true },
  { action: 'skip_back', key: 'Shift+ArrowLeft', group: 'play', what: () => m.key_skip(), where: 'review', repeat: true },
  { action: 'skip_forward', key: 'Shift+ArrowRight', group: 'play', what: () => m.key_skip(), where: 'review', repeat: true },
  { action: 'event_back', key: 'Ctrl+ArrowLeft', group: 'play', what: () => m.key_event(), where: 'review' },
  { action: 'event_forward', key: 'Ctrl+ArrowRight', group: 'play', what: () => m.key_event(), where: 'review' },
  { action: 'to_start', key: 'Home', group: 'play', what: () => m.key_to_start(), where: 'review' },
  { action: 'to_newest', key: 'End', group: 'play', what: () => m.key_to_newest(), where: 'review' },
  { action: 'type_time', key: 'g', group: 'play', what: () => m.key_type_time(), where: 'review' },
  { action: 'calendar', key: 'c', group: 'play', what: () => m.key_calendar(), where: 'review' },
  { action: 'zoom_in', key: '+', group: 'play', what: () => m.key_zoom(), where: 'review', repeat: true },
  { action: 'zoom_out', key: '-', group: 'play', what: () => m.key_zoom(), where: 'review', repeat: true },
  { action: 'zoom_in', key: '=', group: 'play', what: () => m.key_zoom(), where: 'review', repeat: true },
  { action: 'tile_previous', key: 'ArrowUp', group: 'play', what: () => m.key_tile(), where: 'review' },
  { action: 'tile_next', key: 'ArrowDown', group: 'play', what: () => m.key_tile(), where: 'review' },
  { action: 'to_live', key: 'r', group: 'play', what: () => m.key_to_live(), where: 'review' },
  { action: 'select_start', key: 'i', group: 'clip', what: () => m.key_select(), where: 'review' },
  { action: 'select_end', key: 'o', group: 'clip', what: () => m.key_select(), where: 'review' },
  { action: 'hold', key: 'h', group: 'clip', what: () => m.key_hold(), where: 'review', needs: 'hold.add' },
  { action: 'copy', key: 'x', group: 'clip', what: () => m.key_copy(), where: 'review' },
  ...([1, 2, 3, 4, 5, 6, 7, 8] as const).map(
    (n): KeyLine => ({ action: `road_${n}`, key: String(n), group: 'clip', what: () => m.key_road(), where: 'review' }),
  ),
  { action: 'road_back', key: 'Backspace', group: 'clip', what: () => m.key_road_back(), where: 'review' },
];

/** What goes on meaning something at a locked desk, or while nobody is signed in: the window, never the records. */
export const AT_LOCKED: ReadonlySet<Action> = new Set<Action>(['fullscreen', 'quit', 'text_larger', 'text_smaller', 'text_usual', 'theme']);

const SHORT: Record<string, string> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  Delete: 'Del',
  PageDown: 'PgDn',
  PageUp: 'PgUp',
  ' ': 'Space',
  ContextMenu: 'Menu',
  Backspace: '⌫',
};

/** As written on a key cap. */
export function keyCap(key: string): string {
  return key
    .split(/(?<=.)\+(?=.)/)
    .map((part) => SHORT[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join(' ');
}

export function capOf(action: Action): string {
  const line = KEYS.find((k) => k.action === action);
  return line ? keyCap(line.key) : '';
}

/** The lines of the key map: keys of the same meaning stand together, a row of digits as its ends. */
export function keyRows(group: KeyGroup): [string, string[]][] {
  const by_text = new Map<string, string[]>();
  for (const line of KEYS) {
    if (line.group !== group || (line.needs && !keys.may(line.needs))) continue;
    const text = line.what();
    by_text.set(text, [...(by_text.get(text) ?? []), line.key]);
  }
  return [...by_text].map(([text, keys]) => {
    const [first, last] = [keys[0] ?? '', keys.at(-1) ?? ''];
    const digits = keys.length > 2 && keys.every((key) => /^\d$/.test(key));
    return [text, digits ? [`${first} – ${last}`] : keys.map(keyCap)];
  });
}

/** The line that a key press means, if any: the first one. Pure, for tests. */
export function lineFor(event: KeyPress): KeyLine | null {
  return linesFor(event)[0] ?? null;
}

/** Every line that a key press can mean, in one view or another. */
export function linesFor(event: KeyPress): KeyLine[] {
  // An input method is composing: the key is its own (229 is how some report it).
  if (event.isComposing || event.keyCode === 229 || event.metaKey) return [];
  const digit = event.altKey && /^Digit\d$/.test(event.code) ? event.code.slice(5) : null;
  const name = digit ?? (event.key.length === 1 ? event.key.toLowerCase() : event.key);
  const shift = event.shiftKey && name.length > 1 ? 'Shift+' : '';
  const key = `${event.ctrlKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${shift}${name}`;
  return KEYS.filter((line) => line.key === key);
}

export type KeyPress = Pick<
  KeyboardEvent,
  'key' | 'code' | 'keyCode' | 'isComposing' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey'
>;

/** For `onmousedown` of a bar of buttons: a press does not take the keyboard from the pictures. */
export function keepKeyboard(event: MouseEvent): void {
  if (event.target instanceof Element && !event.target.closest('input, textarea, select')) event.preventDefault();
}

const TYPING = 'input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable=true]';
const PRESSABLE = 'button, a[href], summary, input, [role=menuitem], [role=option]:not([data-tile]), [role=treeitem]';

class Keys {
  /** At a locked desk only these mean anything; null: all. */
  only: ReadonlySet<Action> | null = null;
  /** Whether whoever sits here may call a command. */
  may: (command: CommandName) => boolean = () => true;
  readonly #handlers = new Map<Action, ((key: string) => void)[]>();

  /** The newest handler of an action has it until it is taken off. It is told the key, as in the table. */
  on(handlers: Partial<Record<Action, (key: string) => void>>): () => void {
    const added = Object.entries(handlers) as [Action, (key: string) => void][];
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
    const known = (line: KeyLine) => (this.only?.has(line.action) ?? true) && (!line.needs || this.may(line.needs)) && (this.#handlers.get(line.action)?.length ?? 0) > 0;
    const line = linesFor(event).find(known);
    if (!line) return;
    const target = event.target instanceof Element ? event.target : document.body;
    // A dialog or menu has the keyboard for itself.
    if (!line.anywhere && document.querySelector('[role=dialog][data-modal], [role=menu], [role=alertdialog]')) return;
    if (!line.always && target.closest(TYPING)) return;
    if ((line.key === 'Enter' || line.key === ' ') && target.closest(PRESSABLE)) return;
    const handler = this.#handlers.get(line.action)?.at(-1);
    if (!handler) return;
    event.preventDefault();
    if (event.repeat && !line.repeat && !/^(Arrow|Page)/.test(line.key)) return;
    handler(line.key);
  }
}

export const keys = new Keys();
