import type { Role } from "../config/index.ts";
import type { DatabaseWorker } from "../database/index.ts";
import { findHead } from "./chain/reached.ts";
import { listRefused, type Refusal } from "./state/refused.ts";
import type { RoleSwitch } from "./state/role.ts";
import type { StateFile } from "./state/state-file.ts";

/** How replication stands; all times in milliseconds since 1970. */
export interface ReplicationStatus {
  readonly instanceId: string;
  readonly role: Role;
  /** When a command gave the role; undefined when it is the environment's. */
  readonly roleGivenAt: number | undefined;
  readonly published: { readonly snapshotId: string; readonly at: number } | undefined;
  readonly applied:
    | {
        readonly snapshotId: string;
        readonly at: number;
        readonly verified: boolean;
        readonly canUndo: boolean;
      }
    | undefined;
  /** restic's id of the snapshot that this instance stands on, published or applied; undefined before the first. */
  readonly head: string | undefined;
  readonly refused: readonly Refusal[];
  readonly nextCycleAt: number | undefined;
}

/** @param nextCycleAt milliseconds since 1970; undefined while a cycle runs */
export async function replicationStatus(
  instance: {
    readonly database: Pick<DatabaseWorker, "lastApply">;
    readonly role: RoleSwitch;
    readonly stateFile: StateFile;
  },
  nextCycleAt: number | undefined,
): Promise<ReplicationStatus> {
  const { database, role, stateFile } = instance;
  const { published, instanceId } = stateFile.state;
  const read = await database.lastApply();
  const last = read.ok ? read.value : undefined;
  return {
    instanceId,
    role: role.current,
    roleGivenAt: role.givenAt,
    published: published && { snapshotId: published.snapshotId, at: published.at },
    applied: last && {
      snapshotId: last.snapshotId,
      at: last.appliedAt,
      verified: last.verified,
      canUndo: last.canUndo,
    },
    head: findHead(stateFile.state, last)?.snapshotId,
    refused: listRefused(stateFile.state),
    nextCycleAt,
  };
}
