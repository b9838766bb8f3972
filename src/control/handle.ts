import { steadyNow, toWallClock } from "../clock.ts";
import type { Config } from "../config/index.ts";
import { describeEvent, type ReplicatorEvent } from "../events/index.ts";
import type { Supervisor } from "../kuma/index.ts";
import type { Journal } from "../observed/index.ts";
import type { OperatorCommands, Replicator } from "../replication/index.ts";
import { interrupted, type Problem, type Result } from "../result.ts";
import type { Answer, Request, Status } from "./protocol.ts";
import type { Handler } from "./server.ts";

/** The running instance, as commands reach it. */
export interface Instance {
  readonly config: Config;
  /** Of Replicator Kuma. */
  readonly version: string;
  readonly kumaVersion: string;
  readonly kuma: Supervisor;
  readonly replicator: Replicator;
  readonly journal: Journal;
  /** Aborts at the shutdown. */
  readonly signal: AbortSignal;
}

/** Answers requests: a status at once, anything else once it is done, telling meanwhile what happens. */
export function createHandler(instance: Instance): Handler {
  const startedAt = steadyNow();
  return async (request, onProgress) => {
    if (request.do === "status") return { type: "status", status: statusOf(instance, startedAt) };
    if (instance.signal.aborted) return { type: "failed", problem: interrupted("The command") };
    let rolledBack: Problem | undefined;
    const watch = (event: ReplicatorEvent) => {
      if (event.type === "rolled-back") rolledBack = event.problem;
      const { level, message } = describeEvent(event);
      if (level !== "debug" || event.type === "unchanged") onProgress(message);
    };
    const result = await instance.journal.during(watch, () =>
      carryOut(instance.replicator.commands, request, instance.signal),
    );
    // A snapshot that Kuma does not run with is taken back by itself; to the person who asked for it, it has failed.
    if (result.ok && rolledBack !== undefined && request.do !== "rollback")
      return { type: "failed", problem: rolledBack };
    return toAnswer(result);
  };
}

function carryOut(
  commands: OperatorCommands,
  request: Exclude<Request, { do: "status" }>,
  signal: AbortSignal,
): Promise<Result<string>> {
  switch (request.do) {
    case "sync":
      return commands.sync(request, signal);
    case "rollback":
      return commands.rollBack(request, signal);
    case "restore":
      return commands.restore(request.snapshotId, signal);
    case "adopt":
      return commands.adopt(request.snapshotId, signal);
    case "import":
      return commands.importSnapshot(Buffer.from(request.snapshot, "utf8"), signal);
    case "promote":
      return commands.promote(request, signal);
    case "demote":
      return commands.demote(signal);
  }
}

function toAnswer(result: Result<string>): Answer {
  if (result.ok) return { type: "done", message: result.value };
  const { code, message, advice } = result.problem;
  return { type: "failed", problem: { code, message, advice } };
}

function statusOf({ config, version, kumaVersion, kuma, replicator, journal }: Instance, startedAt: number) {
  const { instanceId, role, roleGivenAt, published, applied, refused, nextCycleAt } = replicator.status();
  return {
    version,
    startedAt: toWallClock(startedAt),
    instance: { name: config.instanceName, id: instanceId },
    role,
    roleGivenAt,
    kuma: { version: kumaVersion, state: kuma.state.name, url: config.kuma.url },
    published: published && { ...published, changes: journal.changes.get(published.snapshotId) },
    applied: applied && { ...applied, changes: journal.changes.get(applied.snapshotId) },
    head: replicator.head(),
    refused: [...refused],
    nextCycleAt,
    failing: journal.failing,
  } satisfies Status;
}
