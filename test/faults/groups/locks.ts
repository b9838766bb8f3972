import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { assertEqualsOneOf, assertUnchanged, readState } from "../../support/database-state.ts";
import { leaveLock, whyNoDeadLock } from "../../support/dead-lock.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { restic, resticEnvironment } from "../../support/repository.ts";
import { openPrimaryScenario } from "../../support/scenarios.ts";
import { waitFor } from "../../support/wait.ts";
import type { Fault } from "../fault.ts";
import type { Random } from "../random.ts";

const few = (asked: number) => Math.max(1, Math.min(Math.ceil(asked / 20), 10));

const locked: Fault = {
  group: 4,
  name: "a repository locked by another restic",
  checked: "the primary reports it and Kuma runs, publishes once the lock is gone",
  rounds: few,
  roundsPerStage: 10,
  open: async (folder) => {
    const scenario = await openPrimaryScenario(folder);
    const round = async () => {
      const holder = await holdLock(scenario.repository);
      const before = scenario.editNext();
      try {
        const reported = await scenario.instance.cycle();
        const isReported = reported.type === "cycle-failed" && reported.problem.code === "repository-locked";
        assertInvariant(isReported, `reported ${JSON.stringify(reported)}`);
        assertInvariant(scenario.instance.kumaPid() !== undefined, "Kuma does not run");
      } finally {
        await holder.release();
      }
      await scenario.publishNow();
      assertEqualsOneOf(readState(scenario.dataDir), { before });
      return "repository-locked";
    };
    return { round, close: scenario.close };
  },
};

interface Holder {
  /** Lets it end, and waits for that. */
  readonly release: () => Promise<void>;
}

/**
 * A restic on another machine that holds the exclusive lock: of one on this machine restic sees that no instance
 * knows it.
 */
async function holdLock(repository: string): Promise<Holder> {
  // On a busy machine restic may be done, and its lock gone, before it is stopped: then once more.
  for (;;) {
    const holder = await stopOnceLocked(repository);
    if (isLocked(repository)) return holder;
    await holder.release();
  }
}

async function stopOnceLocked(repository: string): Promise<Holder> {
  const elsewhere = ["--uts", "sh", "-c", "hostname elsewhere && exec restic check -q"];
  const holder = spawn("unshare", elsewhere, { env: resticEnvironment(repository), stdio: "ignore" });
  const exited = once(holder, "exit");
  // restic looks again 200 ms after it has made its lock: mostly time enough to stop it there.
  const isOver = () => isLocked(repository) || holder.exitCode !== null || undefined;
  await waitFor("a lock", isOver, { every: 3 });
  holder.kill("SIGSTOP");
  const release = async () => {
    holder.kill("SIGCONT");
    await exited;
  };
  return { release };
}

function isLocked(repository: string): boolean {
  return readdirSync(join(repository, "locks")).some((name) => /^[0-9a-f]{64}$/.test(name));
}

const deadLock: Fault = {
  group: 4,
  name: "a repository locked by a restic that was killed, whose pid is Kuma's now",
  checked: "reported, Kuma hears nothing of it, no row changed; publishes once the lock is gone",
  rounds: few,
  roundsPerStage: 10,
  impossible: whyNoDeadLock,
  open: async (folder) => {
    const scenario = await openPrimaryScenario(folder);
    const round = async (_random: Random, index: number) => {
      const pid = scenario.instance.kumaPid();
      assertInvariant(pid !== undefined, "Kuma does not run");
      const ids = index % 2 === 0 ? [pid] : readdirSync(`/proc/${pid}/task`).map(Number);
      const pidThere = Math.max(...ids.map((id) => pidInside(pid, id)));
      await leaveLock(scenario.repository, resticEnvironment(scenario.repository), pidThere);
      const before = scenario.editNext();
      const reported = await scenario.instance.cycle();
      const isReported = reported.type === "cycle-failed" && reported.problem.code === "repository-locked";
      assertInvariant(isReported, `reported ${JSON.stringify(reported)}`);
      await sleep(100);
      assertInvariant(scenario.instance.kumaPid() === pid, "Kuma was ended");
      await restic(scenario.repository, ["unlock", "-q", "--remove-all"]);
      await scenario.publishNow();
      assertUnchanged(scenario.dataDir, before);
      return index % 2 === 0 ? "its pid" : "the id of a thread of it";
    };
    return { round, close: scenario.close };
  },
};

/** The id of a thread inside the PID namespace that it lives in. */
function pidInside(pid: number, thread: number): number {
  const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
  return Number(/^NSpid:.*\t(\d+)$/m.exec(status)?.[1]);
}

export const lockFaults: readonly Fault[] = [locked, deadLock];
