/** How often a step that lasts says that it still lasts, milliseconds. */
const REMIND_EVERY = 10_000;

/** Whole seconds since `started`, a value of `performance.now()`. */
export function secondsSince(started: number): number {
  return Math.round((performance.now() - started) / 1000);
}

/** Does `task`, saying when it starts, every ten seconds that it goes on, and how long it took. */
export async function step<T>(title: string, task: () => Promise<T>): Promise<T> {
  const started = performance.now();
  console.log(`▸ ${title}`);
  const reminder = setInterval(() => console.log(`  … ${secondsSince(started)} s`), REMIND_EVERY);
  try {
    const value = await task();
    console.log(`  ✓ ${title} (${secondsSince(started)} s)`);
    return value;
  } finally {
    clearInterval(reminder);
  }
}
