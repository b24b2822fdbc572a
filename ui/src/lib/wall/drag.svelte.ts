// Dragging a camera over the wall with the pointer. Not the platform's drag and drop: that would ask the native video
// surface, which knows nothing of cameras.

import type { CameraId } from '../backend/backend';
import { occluders } from './occluders';

const THRESHOLD_PX = 6;
const GHOST = 'drag-ghost';

export interface Dragged {
  camera: CameraId;
  text: string;
  /** The tile it comes from, if it comes from the wall. */
  from: number | null;
}

class Drag {
  dragged = $state.raw<Dragged | null>(null);
  /** The tile under the pointer. */
  over = $state<number | null>(null);
  x = $state(0);
  y = $state(0);
  /** Where a drag ended: the wall sets this. */
  drop: (dragged: Dragged, tile: number) => void = () => {};
  #frame = 0;

  /** From a pointerdown handler. A click that does not move stays a click. */
  begin(event: PointerEvent, what: Dragged): void {
    if (event.button !== 0) return;
    const { clientX, clientY, pointerId } = event;
    const stop = new AbortController();
    const { signal } = stop;
    const end = () => {
      stop.abort();
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
      this.dragged = null;
      this.over = null;
      occluders.clear(GHOST);
      document.documentElement.classList.remove('dragging');
    };
    window.addEventListener(
      'pointermove',
      (e) => {
        if (e.pointerId !== pointerId) return;
        if (!this.dragged) {
          if (Math.hypot(e.clientX - clientX, e.clientY - clientY) < THRESHOLD_PX) return;
          this.dragged = what;
          document.documentElement.classList.add('dragging');
        }
        e.preventDefault();
        this.x = e.clientX;
        this.y = e.clientY;
        this.over = tileAt(e.clientX, e.clientY);
        this.#frame ||= requestAnimationFrame(() => {
          this.#frame = 0;
          this.#followGhost();
        });
      },
      { signal },
    );
    window.addEventListener(
      'pointerup',
      (e) => {
        if (e.pointerId !== pointerId) return;
        const { dragged, over } = this;
        end();
        if (!dragged) return;
        // The click that follows a drag is not a click.
        window.addEventListener('click', (c) => c.stopPropagation(), { capture: true, once: true });
        setTimeout(() => window.dispatchEvent(new MouseEvent('click')), 0);
        if (over !== null) this.drop(dragged, over);
      },
      { signal },
    );
    window.addEventListener('pointercancel', end, { signal });
    window.addEventListener('blur', end, { signal });
    window.addEventListener('keydown', (e) => e.key === 'Escape' && end(), { signal, capture: true });
  }

  #followGhost(): void {
    const ghost = document.getElementById(GHOST);
    if (!ghost) return;
    const { x, y, width, height } = ghost.getBoundingClientRect();
    occluders.follow(GHOST, { x, y, w: width, h: height });
  }
}

function tileAt(x: number, y: number): number | null {
  const tile = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-tile]')?.dataset.tile;
  return tile === undefined ? null : Number(tile);
}

export const drag = new Drag();
