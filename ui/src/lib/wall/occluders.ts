// What lies over the wall: the rectangles of menus, dialogs and drag ghosts, which the native presenter leaves out.
// Opening: the element is shown, then two animation frames and 50 ms later its rectangle is reported, so that the page
// has painted what the hole will show. Closing: the report is cleared first, the element hides 20 ms later.

import type { Attachment } from 'svelte/attachments';
import type { Rect } from '../backend/backend';

const PAINTED_MS = 50;
/** Between clearing the report and hiding the element. */
export const HIDE_MS = 20;

export class Occluders {
  readonly #elements = new Map<string, Element>();
  readonly #rects = new Map<string, Rect>();
  #tell: (rects: Rect[]) => void = () => {};
  #told = '[]';

  /** Where the rectangles go; null: nowhere. */
  send(tell: ((rects: Rect[]) => void) | null): void {
    this.#tell = tell ?? (() => {});
    this.#told = '';
    this.#report();
  }

  /** For an element that lies over the wall as long as it is there. */
  cover(id: string): Attachment {
    return (element) => {
      this.#elements.set(id, element);
      const measure = () => this.#measure(id, element);
      const resized = new ResizeObserver(measure);
      const ready = afterPaint(() => {
        measure();
        resized.observe(element);
        window.addEventListener('resize', measure);
      });
      return () => {
        ready.cancel();
        resized.disconnect();
        window.removeEventListener('resize', measure);
        if (this.#elements.get(id) === element) this.clear(id);
      };
    };
  }

  /** For something that moves with the pointer. */
  follow(id: string, rect: Rect): void {
    this.#rects.set(id, rect);
    this.#report();
  }

  /** Before the element hides. */
  clear(id: string): void {
    this.#elements.delete(id);
    if (this.#rects.delete(id)) this.#report();
  }

  #measure(id: string, element: Element): void {
    if (this.#elements.get(id) !== element) return;
    const { x, y, width, height } = element.getBoundingClientRect();
    this.#rects.set(id, { x, y, w: width, h: height });
    this.#report();
  }

  #report(): void {
    const rects = [...this.#rects.values()].filter((r) => r.w > 0 && r.h > 0);
    const told = JSON.stringify(rects);
    if (told === this.#told) return;
    this.#told = told;
    this.#tell(rects);
  }
}

function afterPaint(fn: () => void): { cancel(): void } {
  let stopped = false;
  requestAnimationFrame(() =>
    requestAnimationFrame(() =>
      setTimeout(() => {
        if (!stopped) fn();
      }, PAINTED_MS),
    ),
  );
  return { cancel: () => void (stopped = true) };
}

/** One wall a page, one registry a page. */
export const occluders = new Occluders();
