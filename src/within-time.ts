/**
 * Does work with a signal that aborts when `signal` does, and after `limit` milliseconds.
 *
 * Not `AbortSignal.any` with `AbortSignal.timeout`: Node holds the latter by weak references alone, and once it is
 * collected as garbage the limit never comes (https://github.com/nodejs/node/pull/57867; seen on 20.20.2).
 */
export async function withinTime<T>(
  limit: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), limit);
  try {
    return await work(AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}
