/** The first of the promises, or undefined as soon as the signal aborts. */
export async function raceAbort<T extends readonly Promise<unknown>[]>(
  promises: T,
  signal: AbortSignal,
): Promise<Awaited<T[number]> | undefined> {
  if (signal.aborted) return undefined;
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    onAbort = () => resolve(undefined);
  });
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return (await Promise.race([...promises, aborted])) as Awaited<T[number]> | undefined;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
