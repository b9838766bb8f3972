import { setImmediate } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { errorMessage } from "../../format.ts";
import { failure, interrupted, type Result } from "../../result.ts";
import type { KumaPlace } from "../open.ts";
import type { DatabaseProblem } from "../types.ts";
import type { Calls } from "./calls.ts";
import type { Answer, CallName, Request } from "./protocol.ts";
import { startThread } from "./start.ts";
import type { DatabaseWorker } from "./types.ts";

/**
 * How long a thread without work is kept, milliseconds: it takes memory, and to start one takes as long as some looks
 * at a small database. After a call that had a whole content in memory, light ones do not prolong it: a thread gives
 * its memory back when it ends.
 */
const IDLE_LIMIT = 60_000;

const HEAVY: ReadonlySet<CallName> = new Set<CallName>([
  "read",
  "toFolder",
  "verify",
  "meet",
  "plan",
  "apply",
  "markApplied",
]);

/** What changes nothing, and so may be given up. */
const READING: ReadonlySet<CallName> = new Set<CallName>([
  ...([
    "read",
    "toFolder",
    "hash",
    "look",
    "isUntouched",
    "lastApply",
    "serverUpFor",
    "readOwn",
    "verify",
    "meet",
    "plan",
  ] as const),
]);

const NEEDS_NO_DATABASE: ReadonlySet<CallName> = new Set<CallName>(["verify"]);

/** Copied into shared memory at a time, bytes: some milliseconds. */
const SLICE = 8 * 1024 * 1024;

/** A call that has no answer yet. */
interface Pending {
  readonly call: CallName;
  readonly settle: (result: Result<unknown>) => void;
  readonly reject: (defect: Error) => void;
}

/** A Kuma whose database may have a server that is not always there. */
interface WorkerPlace extends KumaPlace {
  /** Makes a call once the database's server is ready for it; left out: at once. */
  readonly whenReady?: <T>(call: () => Promise<Result<T>>) => Promise<Result<T>>;
}

/**
 * Begins a thread at the first call, and whenever there is none for a call.
 * @param signal aborts when this process shuts down
 * @param start begins the thread; a test may have another
 */
export function openDatabaseWorker(
  { locate, rules, whenReady = (call) => call(), ...surroundings }: WorkerPlace,
  signal: AbortSignal,
  start: () => Worker = startThread,
): DatabaseWorker {
  const pending = new Map<number, Pending>();
  let calls = 0;
  let snapshots = 0;
  let thread: Worker | undefined;
  let retirement: { readonly isHeavy: boolean; readonly timer: NodeJS.Timeout } | undefined;
  signal.addEventListener("abort", giveUpReading, { once: true });

  return {
    hash: () => ask("hash"),
    look: (before) => ask("look", before),
    isUntouched: () => ask("isUntouched"),
    lastApply: () => ask("lastApply"),
    confirm: () => ask("confirm"),
    dropHistory: () => ask("dropHistory"),
    rollBack: () => ask("rollBack"),
    serverUpFor: () => ask("serverUpFor"),
    readOwn: () => ask("readOwn"),
    takeOver: () => ask("takeOver"),
    read: (origin, before) => ask("read", origin, before),
    toFolder: (key) => ask("toFolder", key),
    load: async (bytes) => {
      snapshots += 1;
      return ask("verify", snapshots, await share(bytes));
    },
    meet: (snapshot) => ask("meet", snapshot),
    plan: (snapshot) => ask("plan", snapshot),
    apply: (snapshot, id) => ask("apply", snapshot, id),
    markApplied: (snapshot, id) => ask("markApplied", snapshot, id),
  };

  function ask<Call extends CallName>(call: Call, ...args: Parameters<Calls[Call]>): ReturnType<Calls[Call]> {
    const sent = NEEDS_NO_DATABASE.has(call) ? send(call, args) : whenReady(() => send(call, args));
    // The thread gives what the call of that name gives.
    return sent as ReturnType<Calls[Call]>;
  }

  async function send<Call extends CallName>(
    call: Call,
    args: Parameters<Calls[Call]>,
  ): Promise<Result<unknown>> {
    if (signal.aborted && READING.has(call)) return failure(INTERRUPTED);
    const location = locate();
    if (!location.ok) return location;
    thread ??= begin();
    calls += 1;
    const request: Request<Call> = {
      id: calls,
      location: location.value,
      surroundings: { ...surroundings, rules: rules?.() },
      call,
      args,
    };
    const { promise, ...answer } = withResolvers();
    pending.set(request.id, { call, ...answer });
    // It keeps this process alive only while it has something to do.
    thread.ref();
    thread.postMessage(request);
    return promise;
  }

  function begin(): Worker {
    const started = start();
    let reason: unknown = "it ended by itself";
    started.on("message", take);
    started.on("error", (error) => {
      reason = error;
    });
    started.on("exit", () => {
      if (thread !== started) return;
      thread = undefined;
      for (const [id] of pending) conclude(id)?.settle(threadEnded(reason));
    });
    return started;
  }

  function take(answer: Answer): void {
    const asked = conclude(answer.id);
    if (asked === undefined) return;
    if ("defect" in answer) asked.reject(answer.defect);
    else asked.settle(answer.result);
    retireLater(HEAVY.has(asked.call));
  }

  function conclude(id: number): Pending | undefined {
    const asked = pending.get(id);
    pending.delete(id);
    if (pending.size > 0) return asked;
    if (signal.aborted) void end();
    else thread?.unref();
    return asked;
  }

  function retireLater(isHeavy: boolean): void {
    if (retirement?.isHeavy && !isHeavy) return;
    clearTimeout(retirement?.timer);
    const timer = setTimeout(() => {
      retirement = undefined;
      if (pending.size === 0) void end();
    }, IDLE_LIMIT);
    retirement = { isHeavy, timer: timer.unref() };
  }

  async function end(): Promise<void> {
    const ended = thread;
    thread = undefined;
    clearTimeout(retirement?.timer);
    retirement = undefined;
    await ended?.terminate();
  }

  function giveUpReading(): void {
    if (pending.size === 0) void end();
    for (const [id, { call }] of pending) {
      if (READING.has(call)) conclude(id)?.settle(failure(INTERRUPTED));
    }
  }
}

const INTERRUPTED = interrupted("Reading Uptime Kuma's database");

function threadEnded(reason: unknown) {
  return failure<DatabaseProblem>({
    code: "database-failed",
    message: `The thread that works on Uptime Kuma's database has ended: ${errorMessage(reason)}.`,
    advice:
      "What it was writing is there as a whole or not at all, and the next cycle finds out. Please report it with this line if it stays.",
  });
}

/** What Promise.withResolvers gives, which Node has from 22 on. */
function withResolvers() {
  let settle: Pending["settle"] = () => undefined;
  let reject: Pending["reject"] = () => undefined;
  const promise = new Promise<Result<unknown>>((resolve, fail) => {
    settle = resolve;
    reject = fail;
  });
  return { promise, settle, reject };
}

/** A copy in memory that all threads share, made bit by bit, so that nothing else waits for it. */
async function share(bytes: Uint8Array): Promise<Uint8Array> {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  for (let at = 0; at < bytes.byteLength; at += SLICE) {
    shared.set(bytes.subarray(at, at + SLICE), at);
    await setImmediate();
  }
  return shared;
}
