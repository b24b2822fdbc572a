// Digital zoom: which part of a picture is shown, in shares of its width and height (0 to 1). The part has the
// picture's own shape. Pure.

export interface View {
  x: number;
  y: number;
  w: number;
  h: number;
}

export const WHOLE: View = { x: 0, y: 0, w: 1, h: 1 };
export const ZOOM_MOST = 16;
/** One notch of the wheel, one press of a key. */
export const STEP = 1.25;

export function factorOf(view: View | null): number {
  return view ? 1 / view.w : 1;
}

/** So near to the whole picture it is the whole picture. */
function tidy(view: View): View | null {
  if (view.w > 0.999) return null;
  // In whole 65536ths of a picture, which is no pixel: views are compared, and their sums are exact.
  const whole = (v: number) => Math.round(v * 65536) / 65536;
  const share = whole(Math.max(view.w, 1 / ZOOM_MOST));
  const inside = (at: number) => Math.min(Math.max(whole(at), 0), 1 - share);
  return { x: inside(view.x), y: inside(view.y), w: share, h: share };
}

/** Closer by `by` (less than 1: farther) about the point (px, py) of what is shown, in shares of the tile. */
export function zoomed(view: View | null, by: number, px = 0.5, py = 0.5): View | null {
  const from = view ?? WHOLE;
  const factor = Math.min(Math.max(factorOf(view) * by, 1), ZOOM_MOST);
  const w = 1 / factor;
  // The point of the picture under the pointer stays there.
  return tidy({ x: from.x + px * (from.w - w), y: from.y + py * (from.h - w), w, h: w });
}

/** Moved by shares of what is shown. */
export function panned(view: View | null, dx: number, dy: number): View | null {
  if (!view) return null;
  return tidy({ ...view, x: view.x + dx * view.w, y: view.y + dy * view.h });
}

/** A wheel's turn as a factor: a notch is about 100 px, a touchpad sends many small ones. */
export function wheelFactor(delta_y: number, delta_mode: number): number {
  const px = delta_mode === 1 ? delta_y * 33 : delta_mode === 2 ? delta_y * 400 : delta_y;
  return STEP ** (-Math.min(Math.max(px, -300), 300) / 100);
}

/** Whether the part asks for more pixels than a stream of this width has: then the larger stream is worth taking up. */
export function wantsMore(tile_px: number, view: View | null, stream_px: number): boolean {
  return view !== null && stream_px > 0 && tile_px / view.w > stream_px;
}
