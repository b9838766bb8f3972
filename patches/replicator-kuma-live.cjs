"use strict";

// Put here by `replicator-kuma patch`, taken away by `replicator-kuma patch --revert`.
// Makes a restart of Kuma shorter (replicator-kuma-restart.cjs), and lets the supervisor change the configuration under a
// Kuma that runs: it answers over Node's IPC channel. Without a channel it answers nobody.
// Runs inside Uptime Kuma, on whatever Node that runs on (16 and later), and needs nothing but Node and Kuma itself.

const { watchMonitors } = require("./replicator-kuma-monitors.cjs");
const { hastenRestart } = require("./replicator-kuma-restart.cjs");
const { openGate } = require("./replicator-kuma-gate.cjs");
const { createReload } = require("./replicator-kuma-reload.cjs");

/**
 * The releases whose internals were looked at, and tried. No pre-release: 2.0.0-dev.0 has an unhandled error in each check
 * on SQLite, so that nothing it does can be shown to be right.
 */
const KNOWN_RELEASES = /^(1\.23|2\.[0-5])\.\d+$/;

/** Who holds monitors and is not heard of again is dead: they are started anew. Milliseconds. */
const HOLD_LIMIT = 60_000;

module.exports = function joinKuma(Notification) {
  // After all of Kuma's files are loaded, before its database is open: so before a monitor is started.
  process.nextTick(() => {
    const prepared = prepare(Notification);
    if (typeof process.send === "function") answerSupervisor(prepared);
  });
};

function answerSupervisor({ reason, kuma, monitors }) {
  const live = reason === undefined ? createCalls(kuma, monitors) : { reason };
  let work = Promise.resolve();
  process.on("message", (message) => {
    if (message === null || typeof message !== "object" || message.replicatorKuma !== 1) return;
    // One call at a time.
    work = work.then(async () => reply(message.id, await answer(live, message)));
  });
  process.on("disconnect", () => live.abandon?.());
  // The channel must not keep a Kuma alive that wants to end.
  process.channel?.unref();
}

function reply(id, result) {
  // With a callback a channel that is closed is no error.
  if (process.connected) process.send({ replicatorKuma: 1, id, ...result }, () => {});
}

async function answer(live, { call, given }) {
  if (live.reason !== undefined) return { ok: false, reason: live.reason };
  if (!Object.hasOwn(live.calls, call)) return { ok: false, reason: `unknown call ${call}` };
  try {
    return { ok: true, value: await live.calls[call](given) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Kuma's parts and its monitors; or the reason why this Kuma is left alone. */
function prepare(Notification) {
  try {
    const kuma = loadKuma(Notification);
    const reason = whyNot(kuma);
    if (reason !== undefined) return { reason };
    const monitors = watchMonitors(kuma);
    hastenRestart(kuma, monitors.isAnyChecking);
    return { kuma, monitors };
  } catch (error) {
    return { reason: `this Uptime Kuma is built in another way: ${error.message}` };
  }
}

function loadKuma(Notification) {
  return {
    version: require("../package.json").version,
    Notification,
    R: require("redbean-node").R,
    server: require("./uptime-kuma-server").UptimeKumaServer.getInstance(),
    client: require("./client"),
    Monitor: require("./model/monitor"),
    StatusPage: require("./model/status_page"),
    Prometheus: require("./prometheus").Prometheus,
    apicache: require("./modules/apicache"),
    // Statistics in memory: the former since 2.0, the latter before.
    UptimeCalculator: requireIfThere("./uptime-calculator")?.UptimeCalculator,
    UptimeCacheList: requireIfThere("./uptime-cache-list")?.UptimeCacheList,
  };
}

function requireIfThere(file) {
  try {
    return require(file);
  } catch (error) {
    if (error.code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** The first thing that this Kuma lacks and that is relied on; undefined: none. */
function whyNot({ version, R, server, client, Monitor, StatusPage, Prometheus, apicache, ...statistics }) {
  if (/-/.test(version)) return `Uptime Kuma ${version} is a pre-release`;
  if (!KNOWN_RELEASES.test(version)) return `Uptime Kuma ${version} is not known`;
  const functions = {
    "Monitor.start": Monitor.prototype?.start,
    "Monitor.stop": Monitor.prototype?.stop,
    "R.store": R?.store,
    "R.exec": R?.exec,
    "R.dispense": R?.dispense,
    "R.find": R?.find,
    "R.getAll": R?.getAll,
    "server.stop": server?.stop,
    "server.sendMonitorList": server?.sendMonitorList,
    "server.sendMaintenanceList": server?.sendMaintenanceList,
    "server.io.on": server?.io?.on,
    "StatusPage.loadDomainMappingList": StatusPage?.loadDomainMappingList,
    "StatusPage.sendStatusPageList": StatusPage?.sendStatusPageList,
    "apicache.clear": apicache?.clear,
    Prometheus,
    "client.sendNotificationList": client?.sendNotificationList,
    "client.sendHeartbeatList": client?.sendHeartbeatList,
    statistics: statistics.UptimeCalculator?.remove ?? statistics.UptimeCacheList?.clearCache,
  };
  const missing = Object.entries(functions).find(([, value]) => typeof value !== "function")?.[0];
  if (missing !== undefined) return `Uptime Kuma ${version} has no ${missing}`;
  const lists = [server.monitorList, server.maintenanceList];
  return lists.every((list) => list !== null && typeof list === "object")
    ? undefined
    : `Uptime Kuma ${version} keeps its monitors elsewhere`;
}

function createCalls(kuma, monitors) {
  const gate = openGate(kuma.server.io);
  const reload = createReload(kuma);
  let held = [];
  let limit;
  let errors = 0;
  let isCounting = false;

  /** Only from the first hold on: by then Kuma has listeners of its own, which ours must not stand in for. */
  function countErrors() {
    if (isCounting) return;
    isCounting = true;
    process.on("unhandledRejection", () => errors++);
    process.on("uncaughtExceptionMonitor", () => errors++);
  }

  async function resume({ monitors: ids, reset, maintenance, tables }) {
    clearTimeout(limit);
    held = [];
    try {
      const fresh = await monitors.replace(ids);
      reload.forgetStatistics(reset);
      await reload.reload({ maintenance, tables });
      gate.open();
      await monitors.startAll(fresh);
      await reload.tellPages(reset);
      return { started: fresh.length };
    } finally {
      gate.open();
    }
  }

  /** The supervisor is gone between two calls: as the database is now. */
  function abandon() {
    if (held.length > 0)
      void resume({ monitors: held, reset: [], maintenance: [], tables: [] }).catch(() => {});
    gate.open();
  }

  const calls = {
    hello: async () => ({ version: kuma.version }),
    hold: async ({ monitors: ids }) => {
      countErrors();
      if (!(await gate.close())) {
        gate.open();
        throw new Error("a person's change takes long");
      }
      held = ids;
      limit = setTimeout(abandon, HOLD_LIMIT).unref();
      return { held: await monitors.hold(ids), errors };
    },
    resume,
    state: async ({ monitors: ids }) => ({
      snapshotId: await kuma.R.getCell("SELECT snapshot_id FROM replicator_apply WHERE id = 1"),
      errors,
      monitors: await monitors.state(ids),
    }),
  };
  return { calls, abandon };
}
