import type { Config } from "../config/index.ts";
import { describeEvent, type ReplicatorEvent, type TemporaryListeners } from "../events/index.ts";
import type { Supervisor } from "../kuma/index.ts";
import { cycleProblem, type ObservedState, type Observer } from "../observed/index.ts";
import type { Fleet, Peers } from "../peers/index.ts";
import type { OperatorCommands, ReplicationStatus, Replicator } from "../replication/index.ts";
import type { Problem, Result } from "../result.ts";
import { describeChanges } from "../snapshot/index.ts";
import { SHUTTING_DOWN } from "./problems.ts";
import type { Reply, Request, Status } from "./protocol.ts";
import type { Handler } from "./server.ts";

/** The running instance, as commands reach it. */
export interface Instance {
  readonly config: Config;
  /** Of Replicator Kuma. */
  readonly version: string;
  readonly kumaVersion: string;
  readonly kuma: Supervisor;
  readonly replicator: Replicator;
  readonly observer: Observer;
  readonly peers: Peers | undefined;
  /** Of events, while a command is carried out. */
  readonly commandListeners: TemporaryListeners;
  /** Aborts at the shutdown. */
  readonly signal: AbortSignal;
}

/** Replies to requests: to a status at once, to a command once it is done, with what happens meanwhile as progress. */
export function createHandler(instance: Instance): Handler {
  return async (request, onProgress) => {
    if (request.do === "status") return { type: "status", status: await statusOf(instance) };
    if (instance.signal.aborted) return { type: "failed", problem: SHUTTING_DOWN };
    let rolledBack: Problem | undefined;
    const watch = (event: ReplicatorEvent) => {
      if (event.type === "rolled-back") rolledBack = event.problem;
      const { level, message } = describeEvent(event);
      if (level !== "debug" || event.type === "unchanged") onProgress(message);
    };
    const result = await instance.commandListeners.during(watch, () =>
      carryOut(instance.replicator.commands, request, instance.signal),
    );
    // A snapshot that Kuma does not run with is taken back by itself; to the person who asked for it, it has failed.
    if (result.ok && rolledBack !== undefined && request.do !== "rollback")
      return { type: "failed", problem: rolledBack };
    return toReply(result);
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
      return commands.adopt(request.snapshotId, request.how, signal);
    case "import":
      return commands.importSnapshot(Buffer.from(request.snapshot, "utf8"), signal);
    case "promote":
      return commands.promote(request, signal);
    case "demote":
      return commands.demote({ discard: request.discard ?? false }, signal);
  }
}

function toReply(result: Result<string>): Reply {
  if (result.ok) return { type: "done", message: result.value };
  const { code, message, advice } = result.problem;
  return { type: "failed", problem: { code, message, advice } };
}

async function statusOf(instance: Instance): Promise<Status> {
  const { config, version, kumaVersion, kuma, replicator, observer, peers } = instance;
  const { instanceId, role, roleGivenAt, published, applied, head, refused, nextCycleAt } =
    await replicator.status();
  const observed = observer.current();
  const failing = cycleProblem(observed.problems);
  return {
    version,
    startedAt: observed.startedAt,
    upForMs: Date.now() - observed.startedAt,
    instance: { name: config.instanceName, id: instanceId },
    role,
    roleGivenAt,
    kuma: { version: kumaVersion, state: kuma.state.name, url: config.kuma.url },
    published: published && { ...published, changes: changesOf(observed, published.snapshotId) },
    applied: applied && toProtocol(applied, changesOf(observed, applied.snapshotId)),
    head,
    refused: [...refused],
    nextCycleAt,
    failing: failing && { problem: failing.problem, since: failing.since, times: failing.times },
    fleet: peers && toProtocolFleet(peers.fleet()),
  };
}

function toProtocolFleet({ members, unreached, alerts }: Fleet): Status["fleet"] {
  return {
    members: members.map(({ onlyDownHere, ...member }) => ({ ...member, onlyDownHere: [...onlyDownHere] })),
    unreached: [...unreached],
    withheld: [...alerts.withheld],
    asks: alerts.asks,
  };
}

/** `proven` is the protocol's word for verified. */
function toProtocol(
  { verified, ...applied }: NonNullable<ReplicationStatus["applied"]>,
  changes: string | undefined,
): Status["applied"] {
  return { ...applied, proven: verified, changes };
}

/** What a publish or an apply since the start changed, in words. */
function changesOf(observed: ObservedState, snapshotId: string): string | undefined {
  const known = observed.changes.find((change) => change.snapshotId === snapshotId);
  if (known === undefined) return undefined;
  return known.changes === undefined ? "everything" : describeChanges(known.changes, known.named);
}
