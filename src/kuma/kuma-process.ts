import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../clock.ts";
import type { KumaConfig } from "../config/index.ts";
import type { Exit, Listener, StopReason } from "../events/index.ts";
import { endOrphans, killTree } from "../pid1/index.ts";
import { type Result, success } from "../result.ts";
import type { Channel } from "./channel.ts";
import { type Answer, probe } from "./probe.ts";
import { type Child, type SpawnProblem, spawnChild } from "./spawn.ts";
import type { Watch } from "./watch.ts";

const PROBE_EVERY_MS = 100;
const MIGRATION_NOTICE_EVERY_MS = 60_000;

/** Where one run of Kuma stands. `setup`: 2.x waits for the person to choose a database; nothing is open yet. */
export type Phase = "starting" | "setup" | "ready" | "stopping" | "gone";

/** One run of the Kuma process, from spawn to exit. */
export interface KumaProcess {
  readonly phase: Phase;
  readonly pid: number;
  /** Undefined: it was started without one. */
  readonly channel: Channel | undefined;
  /** Resolves when Kuma is ready, and at the latest when it is gone. */
  readonly startup: Promise<"ready" | "gone">;
  readonly exited: Promise<Exit>;
  /** Ends Kuma: held until it is ready, then SIGTERM, then, after the grace, SIGKILL to its whole tree. */
  end(reason: StopReason): Promise<Exit>;
  /** SIGKILL to the whole tree, now. */
  kill(reason: string): void;
  /** Passes a signal on to Kuma itself. */
  signal(signal: NodeJS.Signals): void;
}

/** The database server that Kuma starts for itself, and leaves running when it ends (2.x, where it is asked to). */
export interface LeftServer {
  /** Whether the process is one. It outlives Kuma, so that the database can be changed while Kuma is stopped. */
  isServer(pid: number): boolean;
  /** Ends what is left of it: the next Kuma would wait for its end for ever. Resolves when Kuma can start. */
  handOver(): Promise<void>;
  /** Kuma has ended, or could not be started. */
  kumaEnded(): void;
  /** Ends what is left of it, for good. */
  close(): Promise<void>;
}

/** Starts Kuma once. */
export async function spawnKuma(
  kuma: KumaConfig,
  server: LeftServer,
  emit: Listener,
  watch: Watch | undefined,
): Promise<Result<KumaProcess, SpawnProblem>> {
  const spawned = await spawnChild(kuma, watch);
  return spawned.ok ? success(followProcess(spawned.value, kuma, server, emit)) : spawned;
}

function followProcess(
  child: Child,
  { limits, url }: KumaConfig,
  server: LeftServer,
  emit: Listener,
): KumaProcess {
  const { pid } = child;
  const startedAt = steadyNow();
  let answeredAt = startedAt;
  let migrationReportedAt = startedAt;
  let phase: Phase = "starting";
  let isMigrating = false;
  emit({ type: "kuma-starting", pid });

  const exited: Promise<Exit> = child.exited.then(async (exit) => {
    await endOrphans(limits.stopGrace, server.isServer);
    server.kumaEnded();
    phase = "gone";
    return exit;
  });
  const startup = waitForStartup();
  let ending: Promise<Exit> | undefined;

  return {
    get phase() {
      return phase;
    },
    pid,
    channel: child.channel,
    startup,
    exited,
    end: (reason) => {
      ending ??= end(reason);
      return ending;
    },
    kill,
    signal: child.signal,
  };

  async function waitForStartup(): Promise<"ready" | "gone"> {
    while (isComingUp()) {
      const answer = await probe(url);
      if (!isComingUp()) break;
      if (answer === "ready") {
        phase = "ready";
        emit({ type: "kuma-ready", afterMs: steadyNow() - startedAt });
        return "ready";
      }
      recordAnswer(answer);
      if (steadyNow() - answeredAt > limits.startLimit)
        kill(`it has not opened ${url} within ${inSeconds(limits.startLimit)}`);
      await Promise.race([sleep(PROBE_EVERY_MS), exited]);
    }
    await exited;
    return "gone";
  }

  function isComingUp(): boolean {
    return phase === "starting" || phase === "setup";
  }

  function recordAnswer(answer: Exclude<Answer, "ready">): void {
    const now = steadyNow();
    if (answer !== "silent") answeredAt = now;
    if (answer === "setup" && phase === "starting") emit({ type: "kuma-waiting-for-setup" });
    phase = answer === "setup" ? "setup" : "starting";
    isMigrating = answer === "busy";
    if (!isMigrating || now - migrationReportedAt < MIGRATION_NOTICE_EVERY_MS) return;
    emit({ type: "kuma-migrating", forMs: now - startedAt });
    migrationReportedAt = now;
  }

  async function end(reason: StopReason): Promise<Exit> {
    const askedAt = steadyNow();
    await waitUntilStoppable();
    if (phase !== "gone") {
      phase = "stopping";
      emit({ type: "kuma-stopping", reason });
      child.signal("SIGTERM");
      const ended = await Promise.race([exited, sleep(limits.stopGrace, undefined, { ref: false })]);
      if (ended === undefined) kill(`it did not end within ${inSeconds(limits.stopGrace)} of SIGTERM`);
    }
    const exit = await exited;
    emit({ type: "kuma-stopped", exit, afterMs: steadyNow() - askedAt });
    return exit;
  }

  /** A SIGTERM before Kuma is ready leaves its database unclosed, and during a migration broken for good. */
  async function waitUntilStoppable(): Promise<void> {
    while (phase === "starting") {
      const held = await Promise.race([startup, sleep(limits.stopGrace, "late" as const, { ref: false })]);
      if (held === "late" && !isMigrating) kill("it was asked to stop and did not become ready in time");
    }
  }

  function kill(reason: string): void {
    if (phase === "gone") return;
    emit({ type: "kuma-killed", reason });
    killTree(pid);
  }
}

function inSeconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}
