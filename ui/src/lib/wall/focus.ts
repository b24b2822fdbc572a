// The keyboard back to the pictures, from a menu or a list beside them.

import { tick } from 'svelte';

/** To the tile with the frame, as it will stand after what is changing now. */
export async function focusWall(): Promise<void> {
  await tick();
  const tile = document.querySelector<HTMLElement>('[data-tile][tabindex="0"]');
  if (tile) tile.focus({ preventScroll: true });
  else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}
