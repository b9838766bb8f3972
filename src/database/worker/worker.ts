/**
 * The thread that works on Kuma's database; its other end is client.ts. One call at a time, in the order in which they
 * were asked. Ended from outside.
 */
import { parentPort } from "node:worker_threads";
import type { Result } from "../../result.ts";
import { openEngine } from "../open.ts";
import { createCalls, createDecoder } from "./calls.ts";
import type { Answer, Request } from "./protocol.ts";

const decoder = createDecoder();
let last = Promise.resolve();

parentPort?.on("message", (request: Request) => {
  last = last.then(() => answer(request));
});

async function answer(request: Request): Promise<void> {
  const { id } = request;
  try {
    const result = await run(request);
    send({ id, result }, transferable(result));
  } catch (error) {
    send({ id, defect: error instanceof Error ? error : new Error(String(error)) }, []);
  }
}

async function run({ location, surroundings, call, args }: Request): Promise<Result<unknown>> {
  const engine = await openEngine(location, surroundings);
  if (!engine.ok) return engine;
  const calls: Record<string, (...given: never[]) => Promise<Result<unknown>>> = createCalls(
    engine.value,
    decoder,
  );
  const run = calls[call];
  if (run === undefined) throw new Error(`There is no call ${call}.`);
  return run(...(args as never[]));
}

/** The large parts of a reading: handed over, not copied. */
function transferable(result: Result<unknown>): ArrayBuffer[] {
  if (!result.ok || typeof result.value !== "object" || result.value === null) return [];
  return Object.values(result.value).flatMap((part) =>
    part instanceof Uint8Array && part.buffer instanceof ArrayBuffer ? [part.buffer] : [],
  );
}

function send(message: Answer, transfer: ArrayBuffer[]): void {
  parentPort?.postMessage(message, transfer);
}
