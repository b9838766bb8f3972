/** Does a piece of work once all that was asked for before it has ended, however that ended. */
export type Mutex = <T>(work: () => Promise<T>) => Promise<T>;

/** One thing at a time: a cycle and a person's command never touch Kuma or its database together. */
export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const runExclusive = last.then(work);
    last = runExclusive.catch(() => undefined);
    return runExclusive;
  };
}
