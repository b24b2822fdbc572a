// The present second, for texts that change with time. One timer for the whole page, on the second.

let present_ms = $state(Date.now());

export function nowMs(): number {
  return present_ms;
}

/** Starts the timer; call once. */
export function startClock(): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const tick = () => {
    const ms = Date.now();
    // A little past the second, so that a timer which fires early does not show the old one for a second more.
    present_ms = ms;
    timer = setTimeout(tick, 1005 - (ms % 1000));
  };
  tick();
  return () => clearTimeout(timer);
}
