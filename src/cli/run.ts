import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { type Config, loadConfig, type Role } from "../config/index.ts";
import { createHandler, serveControl } from "../control/index.ts";
import { type EmbeddedMariaDbLocation, type KumaPlace, startThreadEarly } from "../database/index.ts";
import {
  combineListeners,
  createLogListener,
  createTemporaryListeners,
  type Listener,
  type TemporaryListeners,
} from "../events/index.ts";
import { createSupervisor, type End, readKumaVersion, type Supervisor } from "../kuma/index.ts";
import { createEmbeddedServer } from "../mariadbd/index.ts";
import { createJsonWebhook, createNtfyNotifier, createWaker, type Waker } from "../ntfy/index.ts";
import { createObserver, createStatusFile, type Observer } from "../observed/index.ts";
import { openPeers, type Peers } from "../peers/index.ts";
import { exitCodeOf, listenToSignals, startReaper } from "../pid1/index.ts";
import { createPinger } from "../ping/index.ts";
import { blockedBy, createBlocked, lockStateDir, type Replicator } from "../replication/index.ts";
import { version } from "../version.ts";
import { openWebServer, type WebServer } from "../web/index.ts";
import { kumaPlace } from "./kuma-place.ts";
import { openReplicator } from "./open-replicator.ts";
import { snapshotSource } from "./snapshot-source.ts";

/** How long the end may wait for notices under way, milliseconds. */
const NOTICE_LIMIT = 2_000;

const EXIT_CONFIG = 2;
const EXIT_LOCKED = 1;

/**
 * Supervises Kuma and replicates its configuration until a signal ends it.
 * @returns the exit code: 0 after SIGTERM or SIGINT; 2 for settings that Kuma cannot be started with; 1 when another
 *   instance runs on the same data; 126 or 127 when Kuma cannot be started at all; Kuma's own when it crashes too often
 */
export async function run(env: NodeJS.ProcessEnv, cwd: string): Promise<number> {
  // Beside all that follows: Kuma's first start waits for it.
  const startThread = startThreadEarly();
  const loaded = loadConfig(env, cwd);
  if (!loaded.ok) {
    for (const { message, advice } of loaded.problems) process.stderr.write(`${message} ${advice}\n`);
    return EXIT_CONFIG;
  }
  const { config } = loaded;
  const log = createLogListener(config.log, config.secrets);
  const observer = createObserver(config);
  const peers = await openPeers(config, observer);
  const web = await openWebServer(config, observer, snapshotSource, peers);
  const report = combineListeners([log, observer.listener]);
  const ntfy = createNtfyNotifier(config, report);
  const webhook = createJsonWebhook(config, report);
  const ping = createPinger(config, report);
  const waker = createWaker(config);
  const commandListeners = createTemporaryListeners();
  const emit = combineListeners([
    log,
    ntfy.listener,
    webhook.listener,
    ping,
    observer.listener,
    createStatusFile(config.stateDir, observer),
    web.listener,
    commandListeners.listener,
    waker.listener,
    ...(peers === undefined ? [] : [peers.listener]),
  ]);
  const exitCode = await supervise(
    config,
    { startThread, web, observer, peers, commandListeners, waker },
    emit,
  );
  emit({ type: "stopped", exitCode });
  await Promise.all([ntfy.drain(NOTICE_LIMIT), webhook.drain(NOTICE_LIMIT)]);
  return exitCode;
}

async function supervise(
  config: Config,
  {
    startThread,
    web,
    observer,
    peers,
    commandListeners,
    waker,
  }: {
    startThread: () => Worker;
    web: WebServer;
    observer: Observer;
    peers: Peers | undefined;
    commandListeners: TemporaryListeners;
    waker: Waker;
  },
  emit: Listener,
): Promise<number> {
  const kumaVersion = readKumaVersion(config.kuma.dir);
  const place = kumaPlace(config.kuma, kumaVersion);
  const server = createEmbeddedServer(() => embeddedIn(place.locate()), config.kuma, emit);
  const kuma = createSupervisor(config.kuma, server, emit, peers);
  const shutdown = new AbortController();
  let replicator: Replicator | undefined;
  // Before anything that takes time: as PID 1 we lose for good what we do not listen to.
  listenToSignals(
    createSignalHandlers({ kuma, replicator: () => replicator, role: config.role, shutdown, emit }),
  );

  emit({ type: "started", role: config.role, instanceName: config.instanceName, kumaVersion });
  for (const message of config.warnings) emit({ type: "warning", message });
  const reaper = await startReaper();
  if (reaper.kind === "unavailable") emit({ type: "warning", message: reaper.reason });
  if (shutdown.signal.aborted) return 0;

  const lock = lockStateDir(config.stateDir);
  if (!lock.ok && lock.problem.code === "instance-running") {
    emit({ type: "cycle-failed", problem: lock.problem, repeated: 0 });
    return EXIT_LOCKED;
  }

  web.start(shutdown.signal, emit);
  // Without a state folder, or settings that restic needs, there is no replication, but the monitoring goes on.
  const obstacle = blockedBy([...(lock.ok ? [] : [lock.problem]), ...config.obstacles]);
  const blocked = obstacle && createBlocked(obstacle, config.intervals[config.role], kuma, emit);
  replicator =
    blocked === undefined
      ? openReplicator(config, { startThread, place, kuma, server, peers, shutdown: shutdown.signal }, emit)
      : undefined;
  const control =
    replicator &&
    openControl({ config, kumaVersion, kuma, replicator, observer, peers, commandListeners }, shutdown, emit);
  if (replicator !== undefined) {
    waker.start({ publish: replicator.woken, apply: replicator.heardOf }, emit, shutdown.signal);
    void peers?.start(replicator.status, emit, shutdown.signal);
  }
  const work = (blocked ?? replicator)?.run(shutdown.signal);
  const end = await Promise.race([kuma.ended, once(shutdown.signal, "abort").then(() => undefined)]);
  shutdown.abort();
  await control?.then((close) => close());
  await Promise.all([work, kuma.stop("shutdown")]);
  if (lock.ok) lock.value();
  return end === undefined ? 0 : explainEnd(end, emit);
}

function embeddedIn(location: ReturnType<KumaPlace["locate"]>): EmbeddedMariaDbLocation | undefined {
  return location.ok && location.value.engine === "embedded-mariadb" ? location.value : undefined;
}

/** Lets commands reach this instance. @returns what ends that; a no-op where it could not be had */
async function openControl(
  instance: Omit<Parameters<typeof createHandler>[0], "version" | "signal">,
  { signal }: AbortController,
  emit: Listener,
): Promise<() => void> {
  const handler = createHandler({ ...instance, version, signal });
  const opened = await serveControl(instance.config.stateDir, handler);
  if (opened.ok) return opened.value;
  emit({ type: "warning", message: `${opened.problem.message} ${opened.problem.advice}` });
  return () => undefined;
}

/** What signals ask for. @param instance.role what a report says where there is no replication */
function createSignalHandlers(instance: {
  readonly kuma: Supervisor;
  readonly replicator: () => Replicator | undefined;
  readonly role: Role;
  readonly shutdown: AbortController;
  readonly emit: Listener;
}): Parameters<typeof listenToSignals>[0] {
  const { kuma, replicator, shutdown, emit } = instance;
  return {
    stop: (signal) => {
      if (shutdown.signal.aborted) {
        kuma.kill(`of a second ${signal}`);
        process.exit(exitCodeOf({ signal }));
      }
      emit({ type: "shutting-down", signal });
      shutdown.abort();
    },
    syncNow: () => replicator()?.syncNow(),
    reportState: async () => {
      const status = await replicator()?.status();
      emit({
        type: "state-report",
        role: status?.role ?? instance.role,
        kuma: kuma.state.name,
        head: status?.head,
      });
    },
    forward: kuma.forward,
  };
}

function explainEnd(end: End, emit: Listener): number {
  switch (end.reason) {
    case "cannot-start":
      emit({ type: "kuma-start-failed", problem: end.problem, restartInMs: undefined });
      return end.problem.exitCode;
    case "crashed-too-often":
      return exitCodeOf(end.exit);
  }
}
