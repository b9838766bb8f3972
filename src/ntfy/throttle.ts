/**
 * Passes calls on: the first at once, and all that come within `apart` milliseconds of the one passed on last as one,
 * when that time is over.
 */
export function throttle(apart: number, call: () => void): () => void {
  let lastAt = Number.NEGATIVE_INFINITY;
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    const pass = () => {
      waiting = false;
      lastAt = performance.now();
      call();
    };
    // Not a reason to stay alive: at the end there is nobody left to wake.
    setTimeout(pass, Math.max(0, lastAt + apart - performance.now())).unref();
  };
}
