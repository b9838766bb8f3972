import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../clock.ts";
import type { KumaConfig } from "../config/index.ts";
import type { DatabaseResult, EmbeddedMariaDbLocation } from "../database/index.ts";
import type { Listener } from "../events/index.ts";
import { sendSignal } from "../pid1/index.ts";
import { failure, type Result, success } from "../result.ts";
import { serverAnswers } from "./answers.ts";
import { findHindrances } from "./hindrances.ts";
import { interruptedStart, inUse } from "./problems.ts";
import { isServerOn, listServers } from "./processes.ts";
import { startServer } from "./start.ts";

const CHECK_EVERY_MS = 10;
/** After SIGKILL; what lives on then is another user's, and out of our reach. */
const KILL_LIMIT_MS = 5_000;

/**
 * The MariaDB server that Kuma 2 starts for itself, while Kuma is stopped: Kuma leaves it running when it ends, and
 * what is to be changed meanwhile goes through that. Where none is left (before Kuma's first start, after a crash) one
 * of our own serves. There is never a second one on the same data: each is ended before Kuma starts its next. For a
 * Kuma with another database all of this does nothing.
 */
export interface EmbeddedServer {
  /**
   * Does work that needs the server. While Kuma is stopped, a server is made ready for it first, and stays for more
   * work. Else it is Kuma's, and may answer or not.
   */
  use<T>(work: () => Promise<Result<T>>): Promise<Result<T>>;
  /** Whether the process is such a server, which is not to be ended as other orphans of Kuma are. */
  isServer(pid: number): boolean;
  /**
   * Kuma is about to start: work under way is waited for, then every server that is nobody's is ended, and none is
   * started until `kumaEnded`. What will keep Kuma's own from starting is told.
   */
  handOver(): Promise<void>;
  /** Kuma has ended, or was not started after all. */
  kumaEnded(): void;
  /** The end of this process: work under way is waited for, then every server that is nobody's is ended. */
  close(): Promise<void>;
}

/** @param locate where Kuma's database is, as of now; undefined: it is not on an embedded server */
export function createEmbeddedServer(
  locate: () => EmbeddedMariaDbLocation | undefined,
  { env, limits }: Pick<KumaConfig, "env" | "limits">,
  emit: Listener,
): EmbeddedServer {
  let holder: "us" | "kuma" | "nobody" = "us";
  /** Ends a start of ours; a new one for each time that Kuma is stopped. */
  let starting = new AbortController();
  let providing: Promise<DatabaseResult<void>> | undefined;
  const working = new Set<Promise<unknown>>();
  /** What was told already. */
  let told: readonly string[] = [];

  return {
    use: async (work) => {
      const location = locate();
      if (location === undefined || holder === "kuma") return work();
      if (holder === "nobody") return failure(interruptedStart());
      providing ??= provide(location, starting.signal).finally(() => {
        providing = undefined;
      });
      const provided = await providing;
      if (!provided.ok) return provided;
      if (holder !== "us") return failure(interruptedStart());
      const done = work();
      working.add(done);
      return done.finally(() => working.delete(done));
    },
    isServer: (pid) => {
      const location = locate();
      return location !== undefined && isServerOn(pid, location.serverDir);
    },
    handOver: async () => {
      const location = await endAll("kuma");
      if (location !== undefined) await tellHindrances(location);
    },
    kumaEnded: () => {
      if (holder !== "kuma") return;
      holder = "us";
      starting = new AbortController();
    },
    close: async () => {
      await endAll("nobody");
    },
  };

  /** The server that Kuma has left, once it answers, or else one of our own. */
  async function provide(
    { socket, serverDir }: EmbeddedMariaDbLocation,
    signal: AbortSignal,
  ): Promise<DatabaseResult<void>> {
    const begun = steadyNow();
    for (let late = false; !signal.aborted && !late; late = steadyNow() - begun > limits.startLimit) {
      const servers = listServers(serverDir);
      const owned = servers.find(({ isOrphan }) => !isOrphan);
      if (owned !== undefined) return failure(inUse(owned.pid, serverDir));
      // Of two, one waits for the other's end, to take its place: better none of them.
      if (servers.length !== 1) break;
      if (await serverAnswers(socket)) return success(undefined);
      await sleep(CHECK_EVERY_MS);
    }
    if (signal.aborted) return failure(interruptedStart());
    return startOwn(signal);
  }

  async function startOwn(signal: AbortSignal): Promise<DatabaseResult<void>> {
    const location = locate();
    if (location === undefined) return success(undefined);
    await endOrphans(location.serverDir);
    if (signal.aborted) return failure(interruptedStart());
    const started = await startServer(location, env, limits.startLimit, signal);
    if (!started.ok) return started;
    emit({ type: "database-server-started", ...started.value });
    return success(undefined);
  }

  async function endAll(next: typeof holder): Promise<EmbeddedMariaDbLocation | undefined> {
    if (holder !== "nobody") holder = next;
    starting.abort();
    await providing;
    const location = locate();
    // A commit under way is waited for; whatever takes longer than Kuma's own grace is cut off, and undone by MariaDB.
    await Promise.race([Promise.allSettled(working), sleep(limits.stopGrace, undefined, { ref: false })]);
    if (location !== undefined) await endOrphans(location.serverDir);
    return location;
  }

  /** SIGTERM, and SIGKILL to what is still there after the grace. Recovers from that, too, when it starts again. */
  async function endOrphans(serverDir: string): Promise<void> {
    const begun = steadyNow();
    const orphans = () => listServers(serverDir).filter(({ isOrphan }) => isOrphan);
    const ended = new Set<number>();
    let killed = false;
    for (let left = orphans(); left.length > 0; left = orphans()) {
      const passed = steadyNow() - begun;
      if (passed > limits.stopGrace + KILL_LIMIT_MS) break;
      killed ||= passed > limits.stopGrace;
      for (const { pid } of left) {
        if (killed) sendSignal(pid, "SIGKILL");
        else if (!ended.has(pid)) sendSignal(pid, "SIGTERM");
        ended.add(pid);
      }
      await sleep(CHECK_EVERY_MS);
    }
    if (ended.size > 0)
      emit({ type: "database-server-ended", pids: [...ended], killed, afterMs: steadyNow() - begun });
  }

  async function tellHindrances(location: EmbeddedMariaDbLocation): Promise<void> {
    const found = (await findHindrances(location, env)).map(({ message, advice }) => `${message} ${advice}`);
    for (const message of found) if (!told.includes(message)) emit({ type: "warning", message });
    told = found;
  }
}
