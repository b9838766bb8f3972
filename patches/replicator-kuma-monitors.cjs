"use strict";

// Put here by `replicator-kuma patch`, taken away by `replicator-kuma patch --revert`.
// Stops, replaces and starts single monitors, as Kuma itself does when a person saves one.

const { AsyncLocalStorage } = require("node:async_hooks");

/** How long a check that is under way is waited for, milliseconds; a shorter time limit of its own goes first. */
const CHECK_LIMIT = 1_000;

/** So many are started at once; more are spread out, over a few seconds at most. */
const AT_ONCE = 20;
const PAUSE = 50;
const LONGEST_SPREAD = 10_000;

/** SQLite takes so many variables in a statement, in the oldest release. */
const IDS_PER_QUERY = 500;

/** Wraps what is needed to know which monitor is in a check, and to keep what comes of it from being seen. */
exports.watchMonitors = function watchMonitors({ Monitor, R, Notification, UptimeCalculator, server }) {
  /** Which monitor a piece of work belongs to: all that its checks do happens in its context. */
  const context = new AsyncLocalStorage();
  /** Taken out by us. Kuma, which starts its monitors one after another, may come to one of them only now. */
  const retired = new WeakSet();
  /** Those of them whose last check is not waited for any more. */
  const silenced = new WeakSet();
  /** The check that is under way: its heartbeat, and what is called when that is stored. */
  const checks = new WeakMap();

  const { start } = Monitor.prototype;
  Monitor.prototype.start = function (...given) {
    return retired.has(this) ? undefined : context.run(this, () => start.apply(this, given));
  };

  // Each check begins with a new heartbeat, and ends with storing it (or with an error, or, for push, with neither).
  const { dispense, store } = R;
  R.dispense = function (type, ...rest) {
    const bean = dispense.call(this, type, ...rest);
    const monitor = type === "heartbeat" ? context.getStore() : undefined;
    if (monitor !== undefined) checks.set(monitor, { heartbeat: bean, onEnd: () => {} });
    return bean;
  };
  R.store = async function (bean, ...rest) {
    try {
      return await store.call(this, bean, ...rest);
    } finally {
      const monitor = context.getStore();
      const check = monitor && checks.get(monitor);
      if (check?.heartbeat === bean) {
        checks.delete(monitor);
        check.onEnd();
      }
    }
  };

  // A late check stands still at the first thing that others would see of it, and is collected as garbage.
  standStill(R, "store");
  standStill(R, "exec");
  standStill(Notification, "send");
  if (UptimeCalculator !== undefined) standStill(UptimeCalculator, "getUptimeCalculator");

  function standStill(object, name) {
    const original = object[name];
    object[name] = function (...given) {
      const monitor = context.getStore();
      return monitor !== undefined && silenced.has(monitor)
        ? new Promise(() => {})
        : original.apply(this, given);
    };
  }

  async function endOfCheck(monitor) {
    const check = checks.get(monitor);
    if (check === undefined || monitor.type === "push") return;
    const own = monitor.timeout > 0 ? monitor.timeout * 1000 : CHECK_LIMIT;
    await new Promise((resolve) => {
      check.onEnd = resolve;
      setTimeout(resolve, Math.min(own, CHECK_LIMIT));
    });
  }

  async function retire(monitor) {
    retired.add(monitor);
    await monitor.stop();
    await endOfCheck(monitor);
    silenced.add(monitor);
    // A check that ended after `stop` has written its labels once more, and one that stands still would.
    monitor.prometheus?.remove();
    monitor.prometheus = { update: () => {}, remove: () => {} };
  }

  async function retireAll(ids) {
    const running = ids.map((id) => server.monitorList[id]).filter((each) => each && !retired.has(each));
    await Promise.all(running.map(retire));
    return running.length;
  }

  async function readRows(ids) {
    const rows = [];
    for (let at = 0; at < ids.length; at += IDS_PER_QUERY) {
      const some = ids.slice(at, at + IDS_PER_QUERY);
      rows.push(...(await R.find("monitor", ` id IN (${some.map(() => "?").join(",")})`, some)));
    }
    return rows;
  }

  return {
    /** A push monitor waits for others, its check has no end. */
    isAnyChecking: () =>
      Object.values(server.monitorList).some((each) => each.type !== "push" && checks.has(each)),

    /** Stops these, and waits for the checks that are under way. @returns how many of them ran */
    hold: retireAll,

    /** Puts these into Kuma's list as the database has them now, those that are active, as at its start. */
    async replace(ids) {
      await retireAll(ids);
      const fresh = (await readRows(ids)).filter(({ active }) => active);
      for (const id of ids) delete server.monitorList[id];
      for (const monitor of fresh) server.monitorList[monitor.id] = monitor;
      return fresh;
    },

    async startAll(fresh) {
      const pause = fresh.length > AT_ONCE ? Math.min(PAUSE, LONGEST_SPREAD / fresh.length) : 0;
      for (const monitor of fresh) {
        // A person may have saved it meanwhile.
        if (server.monitorList[monitor.id] === monitor) await monitor.start(server.io);
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      }
    },

    /** Each as Kuma has it in memory, beside its row. */
    async state(ids) {
      const rows = new Map((await readRows(ids)).map((row) => [row.id, row]));
      return ids.map((id) => {
        const row = rows.get(id);
        const monitor = server.monitorList[id];
        return {
          id,
          row: row === undefined ? "none" : row.active ? "active" : "inactive",
          isRunning: monitor !== undefined && !monitor.isStop,
          differing: row === undefined || monitor === undefined ? [] : differingColumns(monitor, row),
        };
      });
    },
  };
};

/** By column. A time limit of none becomes one in memory, in the first check. */
function differingColumns(monitor, row) {
  const inMemory = monitor.export(false);
  const inDatabase = row.export(false);
  return Object.keys(inDatabase).filter((column) => {
    if (column === "dns_last_result" || (column === "timeout" && !(row.timeout > 0))) return false;
    return inMemory[column] !== inDatabase[column];
  });
}
