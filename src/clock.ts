/**
 * The time by a clock that only goes on, evenly, also when the machine's clock is set: every length of time and every
 * time limit goes by it. `Date.now()` is for what is shown to people, stored for later starts, or compared with times
 * of the repository.
 * @returns whole milliseconds since 1970, as the machine's clock said when this process started
 */
export function steadyNow(): number {
  return Math.round(performance.timeOrigin + performance.now());
}

/** How far the machine's clock has been set ahead since this process started, milliseconds; negative: back. */
export function clockShift(): number {
  return Date.now() - steadyNow();
}

/** A time by the steady clock as the machine's clock, set as it is now, would have shown it. */
export function toWallClock(time: number): number {
  return time + clockShift();
}

/** Milliseconds by a clock without a date, the same for all processes of a machine until it is started again. */
export function machineNow(): number {
  return Math.round(Number(process.hrtime.bigint()) / 1e6);
}
