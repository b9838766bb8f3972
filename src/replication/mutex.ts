/** Does a piece of work once all that was asked for before it has ended, however that ended. */
export type Mutex = <T>(work: () => Promise<T>) => Promise<T>;

/** One thing at a time: a cycle and a person's command never touch Kuma or its database together. */
export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}
