import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { ensureBuilt } from "./install/build.ts";
import { projectFolder } from "./paths.ts";

await ensureBuilt();

/** Begins the thread as it is shipped: from the sources it takes most of a second, for tsx. */
export function startBuilt(): Worker {
  return new Worker(join(projectFolder, "dist/worker.js"));
}
