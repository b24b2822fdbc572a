// The pointer on the timeline: scrubs on the ruler and the playhead, moves the ends of the selection, selects with Shift,
// pans elsewhere; a press that does not move goes there.

import type { Review } from '../../lib/review/review.svelte';
import { pan, toTime, toX } from '../../lib/review/span';

const NEAR_PX = 6;
const STILL_PX = 4;

export type Zone = 'scrub' | 'start' | 'end' | 'lane';

/** What a press there would take hold of. */
export function zoneAt(review: Review, width: number, ruler: number, x: number, y: number): Zone {
  const near = (at: number | null) => at !== null && Math.abs(toX(review.span, width, at) - x) <= NEAR_PX;
  if (near(review.selection.start) && y > ruler * 0.5) return 'start';
  if (near(review.selection.end) && y > ruler * 0.5) return 'end';
  if (y < ruler || near(review.at)) return 'scrub';
  return 'lane';
}

/** From a pointerdown handler. */
export function grab(event: PointerEvent, area: HTMLElement, review: Review, ruler: number): void {
  if (event.button !== 0 || review.board.cameras.length === 0) return;
  const box = area.getBoundingClientRect();
  const xOf = (e: PointerEvent) => Math.min(Math.max(e.clientX - box.x, 0), box.width);
  const timeOf = (e: PointerEvent) => toTime(review.span, box.width, xOf(e));
  const first = { x: event.clientX, at: timeOf(event), span: review.span };
  const zone = zoneAt(review, box.width, ruler, xOf(event), event.clientY - box.y);
  const selecting = event.shiftKey && zone === 'lane';
  let moved = false;
  event.preventDefault();
  area.setPointerCapture(event.pointerId);
  if (zone === 'scrub') review.scrub(first.at, false);

  const stop = new AbortController();
  const { signal } = stop;
  const move = (e: PointerEvent) => {
    if (e.pointerId !== event.pointerId) return;
    if (!moved && Math.abs(e.clientX - first.x) < STILL_PX) return;
    moved = true;
    if (zone === 'scrub') review.scrub(timeOf(e), false);
    else if (zone === 'start' || zone === 'end') moveEnd(review, zone, timeOf(e));
    else if (selecting) review.select(first.at, timeOf(e));
    else review.setSpan(pan(first.span, (-(e.clientX - first.x) / box.width) * first.span.length));
  };
  const end = (e: PointerEvent) => {
    if (e.pointerId !== event.pointerId) return;
    stop.abort();
    if (zone === 'scrub') review.scrub(moved ? timeOf(e) : first.at, true);
    else if (!moved && zone === 'lane' && !selecting) review.goTo(first.at);
  };
  area.addEventListener('pointermove', move, { signal });
  area.addEventListener('pointerup', end, { signal });
  area.addEventListener('pointercancel', end, { signal });
}

/** One end past the other takes its place. */
function moveEnd(review: Review, which: 'start' | 'end', at: number): void {
  const { start, end } = review.selection;
  const other = which === 'start' ? end : start;
  const fits = other === null || (which === 'start' ? at < other : at > other);
  if (fits) review.selection = which === 'start' ? { start: at, end } : { start, end: at };
}

/** The wheel zooms around the pointer; with Shift, or sideways, it pans. */
export function wheel(event: WheelEvent, area: HTMLElement, review: Review): void {
  event.preventDefault();
  const box = area.getBoundingClientRect();
  const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
  const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
  if (sideways) {
    const by = (event.deltaX || event.deltaY) * unit;
    review.setSpan(pan(review.span, (by / Math.max(1, box.width)) * review.span.length));
    return;
  }
  const x = Math.min(Math.max(event.clientX - box.x, 0), box.width);
  const factor = Math.exp(Math.min(240, Math.max(-240, event.deltaY * unit)) * 0.0025);
  review.zoomBy(factor, toTime(review.span, box.width, x));
}
