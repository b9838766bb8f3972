import { extname } from "node:path";
import { Worker } from "node:worker_threads";

/**
 * Begins a thread before anything is asked of it: that takes half as long as all else that comes before Kuma's start.
 * @returns gives that thread to the first who calls, and a new one to each after
 */
export function startThreadEarly(start = startThread): () => Worker {
  let early: Worker | undefined = start();
  early.unref();
  const forget = () => {
    early = undefined;
  };
  early.once("error", forget).once("exit", forget);
  return () => {
    const thread = early?.off("error", forget).off("exit", forget) ?? start();
    forget();
    return thread;
  };
}

/** The thread's program is beside this one, among the sources (.ts) and in what is built of them (.js). */
export function startThread(): Worker {
  const extension = extname(import.meta.url);
  const program = new URL(`./worker${extension}`, import.meta.url);
  const options = { name: "database" };
  if (extension === ".js") return new Worker(program, options);
  // Under tsx. Node 20 does not hand its loader on to a thread, so that has to register it by itself.
  const script = `import("tsx/esm/api").then(({ register }) => { register(); return import("${program}"); })`;
  return new Worker(script, { ...options, eval: true, execArgv: [] });
}
