// A desk with a station in memory that can be slow, refuse, or be lost; and hands that type into the one form on it.

import { mount, tick, unmount, type Component } from 'svelte';
import { Failure, unavailable, type Code, type Commands } from '../lib/backend/backend';
import { FakeBackend } from '../lib/backend/fake';
import { Desk } from '../lib/desk/desk.svelte';
import { RoomState } from '../lib/room/room.svelte';
import Stage from './Stage.svelte';

export type TextField = HTMLInputElement | HTMLTextAreaElement;

/** What a station may do to a command. */
type Mood = 'answers' | 'waits' | 'is lost before' | 'is lost after' | 'refuses';

export class SlowStation extends FakeBackend {
  mood: Mood = 'answers';
  refusal = { code: 'Invalid' as Code, key: 'problem_note_text' };
  /** The commands that this is about. */
  about = '';
  /** Those that were sent, and those that arrived. */
  readonly sent: unknown[] = [];
  stored = 0;
  #go: (() => void)[] = [];

  override async call<K extends keyof Commands>(name: K, args: Commands[K]['args']): Promise<Commands[K]['reply']> {
    if (name !== this.about) return super.call(name, args);
    this.sent.push(structuredClone(args));
    const { mood } = this;
    if (mood === 'waits') await new Promise<void>((go) => this.#go.push(go));
    if (mood === 'is lost before') throw unavailable();
    if (mood === 'refuses') throw new Failure({ ...this.refusal, params: {}, field: null, detail: '' });
    const reply = await super.call(name, args);
    this.stored += 1;
    if (mood === 'is lost after') throw unavailable();
    return reply;
  }

  /** Those that wait are answered. */
  answer(): void {
    this.mood = 'answers';
    for (const go of this.#go.splice(0)) go();
  }
}

export const pause = (ms = 0) => new Promise<void>((go) => setTimeout(go, ms));

/** Until what was begun is on the page. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 6; i += 1) {
    await tick();
    await pause();
  }
}

export async function until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
  for (let i = 0; i < 200; i += 1) {
    const found = look();
    if (found) return found;
    await pause(10);
    await tick();
  }
  throw new Error(`never came: ${what}\n${document.body.innerHTML.slice(0, 3000)}`);
}

export const one = <T extends Element = HTMLElement>(selector: string): T | null => document.querySelector<T>(selector);
export const all = <T extends Element = HTMLElement>(selector: string): T[] => [...document.querySelectorAll<T>(selector)];

/** What a person reads before a field. */
export function labelOf(field: Element): string {
  const named = field.getAttribute('aria-label') ?? (field.id ? one(`label[for="${field.id}"]`)?.textContent : null) ?? field.closest('label')?.textContent ?? field.getAttribute('placeholder') ?? '';
  return named.trim();
}

/** Where a person may write: dates are written too. */
export function fields(): TextField[] {
  const written = all<TextField>('textarea, input:not([type]), input[type=text], input[type=password], input[type=number]');
  return written.filter((each) => !each.readOnly && !each.disabled);
}

export function type(field: TextField, text: string): void {
  field.value = text;
  field.dispatchEvent(new InputEvent('input', { bubbles: true, data: text, inputType: 'insertText' }));
}

/** False: it did not go in. */
export function paste(field: TextField, text: string): boolean {
  field.focus();
  const event = new InputEvent('beforeinput', { bubbles: true, cancelable: true, data: text, inputType: 'insertFromPaste' });
  if (!field.dispatchEvent(event)) return false;
  type(field, text);
  return true;
}

export interface Press {
  ctrl?: boolean;
  composing?: boolean;
  /** As WebKit says it of the key that ends a composition. */
  key_code?: number;
}

/** Presses Enter. True: the browser goes on, and sends the form of a one-line field. */
export function enter(field: Element, { ctrl = false, composing = false, key_code = 13 }: Press = {}): boolean {
  const event = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ctrlKey: ctrl, isComposing: composing, keyCode: key_code } as KeyboardEventInit);
  for (const [name, value] of [['isComposing', composing], ['keyCode', key_code]] as const) if (event[name] !== value) Object.defineProperty(event, name, { value });
  return field.dispatchEvent(event);
}

export interface DeskSet {
  desk: Desk;
  station: SlowStation;
  leave: () => void;
}

/** A desk whose room is known. */
export async function setDesk(cameras: number, options: string): Promise<DeskSet> {
  const station = new SlowStation(cameras, new URLSearchParams(options));
  const room = new RoomState(station);
  const desk = new Desk(room);
  const offs = [desk.sign.join(), room.join(), desk.casebook.join(), desk.records.join(), desk.wall.layouts.join()];
  await until('who sits here', () => desk.sign.at !== null);
  if (desk.sign.open) {
    await until('the room', () => room.loaded);
    await desk.casebook.fetchAll();
    await desk.wall.layouts.fetchAll();
    await desk.records.fetchAll();
  }
  return { desk, station, leave: () => offs.forEach((off) => off()) };
}

export async function show(set: DeskSet, form: Component<never>, props: Record<string, unknown>): Promise<() => void> {
  const target = document.createElement('div');
  document.body.append(target);
  const shown = mount(Stage, { target, props: { desk: set.desk, form: form as Component<Record<string, unknown>>, props } });
  await settle();
  return () => {
    void unmount(shown);
    target.remove();
  };
}
