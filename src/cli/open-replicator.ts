import type { Worker } from "node:worker_threads";
import type { Config } from "../config/index.ts";
import { databaseStage, type KumaPlace, openDatabaseWorker } from "../database/index.ts";
import { combineListeners, type Listener } from "../events/index.ts";
import { createFolderExporter } from "../export-folder/index.ts";
import type { Supervisor } from "../kuma/index.ts";
import type { EmbeddedServer } from "../mariadbd/index.ts";
import type { Peers } from "../peers/index.ts";
import {
  createOwnCounter,
  createReplicator,
  type OtherReplica,
  openFingerprintFile,
  openRole,
  openStateFile,
  type Replicator,
  rulesOf,
} from "../replication/index.ts";
import { openRepository } from "../repository/index.ts";

/** Opens all that replication works with. */
export function openReplicator(
  config: Config,
  {
    startThread,
    place,
    kuma,
    server,
    peers,
    shutdown,
  }: {
    startThread: () => Worker;
    place: KumaPlace;
    kuma: Supervisor;
    server: EmbeddedServer;
    peers: Peers | undefined;
    shutdown: AbortSignal;
  },
  emit: Listener,
): Replicator {
  const { instanceName, stateDir, restic } = config;
  const { file: stateFile, isNew: isStateNew, problem } = openStateFile(stateDir);
  if (problem !== undefined) emit({ type: "warning", message: `${problem.message} ${problem.advice}` });
  const role = openRole(config.role, stateFile);
  const rules = () => rulesOf(config, role.current);
  const database = openDatabaseWorker({ ...place, rules, whenReady: server.use }, shutdown, startThread);
  const exporter = createFolderExporter(config, database, emit, shutdown);
  return createReplicator({
    ...{ config, kumaVersion: place.kumaVersion, kuma, stateFile, isStateNew, database },
    emit: combineListeners([emit, exporter, createOwnCounter(database, rules, emit)]),
    databaseStage: () =>
      server.use(async () => {
        const location = place.locate();
        return location.ok ? databaseStage(location.value, config.kuma.dir) : location;
      }),
    repository: openRepository(restic, { instanceName, stateDir }),
    fingerprintFile: openFingerprintFile(stateDir, stateFile),
    role,
    others: peers && (() => replicasBeside(peers)),
  });
}

/** Those that were heard a short time ago. */
function replicasBeside(peers: Peers): OtherReplica[] {
  return peers
    .fleet()
    .members.filter(({ isThis, isHeard, role }) => !isThis && isHeard && role === "replica")
    .map(({ id, head, kuma }) => ({
      id,
      head,
      isRestarting: ["stopping", "stopped", "starting"].includes(kuma.state),
    }));
}
