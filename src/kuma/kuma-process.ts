import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { steadyNow } from "../clock.ts";
import type { KumaConfig } from "../config/index.ts";
import type { Exit, Listener } from "../events/index.ts";
import { endOrphans, killTree } from "../pid1/index.ts";
import { failure, type Result, success } from "../result.ts";
import { chownDataDir } from "./chown-data.ts";
import { type Answer, probe } from "./probe.ts";
import { explainSpawn, type SpawnProblem } from "./spawn-problem.ts";

const PROBE_EVERY_MS = 100;
const MIGRATION_NOTICE_EVERY_MS = 60_000;

/** Where one run of Kuma stands. `setup`: 2.x waits for the person to choose a database; nothing is open yet. */
export type Phase = "starting" | "setup" | "ready" | "stopping" | "gone";

/** One run of the Kuma process, from spawn to exit. */
export interface KumaProcess {
  readonly phase: Phase;
  readonly pid: number;
  /** Resolves when Kuma is ready, and at the latest when it is gone. */
  readonly settled: Promise<"ready" | "gone">;
  readonly exited: Promise<Exit>;
  /** Ends Kuma: held until it is ready, then SIGTERM, then, after the grace, SIGKILL to its whole tree. */
  end(reason: "apply" | "shutdown" | "roll-back"): Promise<Exit>;
  /** SIGKILL to the whole tree, now. */
  kill(reason: string): void;
  /** Passes a signal on to Kuma itself. */
  signal(signal: NodeJS.Signals): void;
}

/** Starts Kuma in a session of its own, so that a Ctrl-C at the terminal reaches us alone and the order is ours. */
export async function spawnKuma(
  kuma: KumaConfig,
  emit: Listener,
): Promise<Result<KumaProcess, SpawnProblem>> {
  const { limits } = kuma;
  await chownDataDir(kuma);
  const [program, ...args] = kuma.command;
  const child = execa(program, args, {
    cwd: kuma.dir,
    env: kuma.env,
    extendEnv: false,
    ...kuma.user,
    detached: true,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
    // Else execa sends SIGKILL 5 s after every SIGTERM of ours, its own grace in place of the one that is set.
    forceKillAfterDelay: false,
    reject: false,
  });
  if (child.pid === undefined) return failure(explainSpawn(kuma, (await child).code));
  const pid = child.pid;

  const startedAt = steadyNow();
  let phase: Phase = "starting";
  let migrating = false;
  emit({ type: "kuma-starting", pid });

  const exited: Promise<Exit> = child.then(async (result) => {
    const exit: Exit =
      result.signal === undefined ? { code: result.exitCode ?? 1 } : { signal: result.signal };
    await endOrphans(limits.stopGrace);
    phase = "gone";
    return exit;
  });

  const settled = untilSettled();
  let ending: Promise<Exit> | undefined;

  return success({
    get phase() {
      return phase;
    },
    pid,
    settled,
    exited,
    end: (reason) => {
      ending ??= end(reason);
      return ending;
    },
    kill,
    signal: (signal) => {
      child.kill(signal);
    },
  });

  async function untilSettled(): Promise<"ready" | "gone"> {
    let lastAnswer = startedAt;
    let nextMigrationNotice = startedAt + MIGRATION_NOTICE_EVERY_MS;
    while (isComingUp()) {
      const answer = await probe(kuma.url);
      const now = steadyNow();
      if (!isComingUp()) break;
      if (answer === "ready") {
        phase = "ready";
        emit({ type: "kuma-ready", afterMs: now - startedAt });
        return "ready";
      }
      noteAnswer(answer);
      if (migrating && now >= nextMigrationNotice) {
        emit({ type: "kuma-migrating", forMs: now - startedAt });
        nextMigrationNotice = now + MIGRATION_NOTICE_EVERY_MS;
      }
      if (answer !== "silent") lastAnswer = now;
      if (now - lastAnswer > limits.startLimit) {
        kill(`it has not opened ${kuma.url} within ${Math.round(limits.startLimit / 1000)} s`);
      }
      await Promise.race([sleep(PROBE_EVERY_MS), exited]);
    }
    await exited;
    return "gone";
  }

  function isComingUp(): boolean {
    return phase === "starting" || phase === "setup";
  }

  function noteAnswer(answer: Answer): void {
    if (answer === "setup" && phase === "starting") emit({ type: "kuma-waiting-for-setup" });
    phase = answer === "setup" ? "setup" : "starting";
    migrating = answer === "busy";
  }

  async function end(reason: "apply" | "shutdown" | "roll-back"): Promise<Exit> {
    const askedAt = steadyNow();
    // A SIGTERM before Kuma is ready leaves its database unclosed, and during a migration broken for good: wait.
    while (phase === "starting") {
      const held = await Promise.race([settled, sleep(limits.stopGrace, "late" as const, { ref: false })]);
      if (held === "late" && !migrating) kill("it was asked to stop and did not become ready in time");
    }
    if (phase !== "gone") {
      phase = "stopping";
      emit({ type: "kuma-stopping", reason });
      child.kill("SIGTERM");
      const ended = await Promise.race([exited, sleep(limits.stopGrace, undefined, { ref: false })]);
      if (ended === undefined)
        kill(`it did not end within ${Math.round(limits.stopGrace / 1000)} s of SIGTERM`);
    }
    const exit = await exited;
    emit({ type: "kuma-stopped", exit, afterMs: steadyNow() - askedAt });
    return exit;
  }

  function kill(reason: string): void {
    if (phase === "gone") return;
    emit({ type: "kuma-killed", reason });
    killTree(pid);
  }
}
