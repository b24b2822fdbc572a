// A bar that gives way: when its contents do not fit, less and less of them is shown, as far as it takes and no further.
// It measures, so no text, language, text scale or window is too long for it.

/** Sets `data-give` on a bar from 0 (all is shown) to `most`, the least that makes its contents fit. The style says what
 *  is left out at each step. */
export function giving(most: number): (bar: HTMLElement) => () => void {
  return (bar) => {
    let waiting = 0;
    const fit = (): void => {
      waiting = 0;
      for (let give = 0; give <= most; give += 1) {
        bar.dataset['give'] = String(give);
        if (bar.scrollWidth <= bar.clientWidth) return;
      }
    };
    const soon = (): void => {
      if (waiting === 0) waiting = requestAnimationFrame(fit);
    };
    // Its own width, and what is in it: children come and go, texts change, a text scale makes them wider.
    const sizes = new ResizeObserver(soon);
    const follow = (): void => {
      sizes.disconnect();
      sizes.observe(bar);
      for (const child of bar.children) sizes.observe(child);
    };
    const contents = new MutationObserver(() => {
      follow();
      soon();
    });
    contents.observe(bar, { childList: true, characterData: true, subtree: true });
    follow();
    fit();
    return () => {
      cancelAnimationFrame(waiting);
      sizes.disconnect();
      contents.disconnect();
    };
  };
}
