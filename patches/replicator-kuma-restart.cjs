"use strict";

// Put here by `replicator-kuma patch`, taken away by `replicator-kuma patch --revert`.
// A restart that leaves less unwatched: Kuma's way out waits for what is under way, no longer, and its start begins with
// the monitors that are most overdue.

const { AsyncLocalStorage } = require("node:async_hooks");

/** Kuma sleeps so long after it has stopped its monitors, and again after it has closed its database: milliseconds. */
const KUMAS_PAUSE = 2_000;

/** The first pause may last longer where checks are under way, and the second takes what is left of both, milliseconds. */
const LONGEST_FIRST = 3_500;
const SHORTEST_LIMIT = 500;

/** How often it is asked in that time whether anything is still under way, milliseconds. */
const ASK_EVERY = 25;

/** @param isAnyChecking whether a monitor is in a check that has not been stored */
exports.hastenRestart = function hastenRestart(kuma, isAnyChecking) {
  startWithOverdue(kuma.R);
  endWhenQuiet(kuma, isAnyChecking);
};

/** Kuma's two pauses end once no check, no message and no statement is under way. */
function endWhenQuiet({ R, server, Notification, Monitor }, isAnyChecking) {
  /** Is set in all that Kuma does for its end, and in nothing else. */
  const ending = new AsyncLocalStorage();
  let isEnding = false;
  let messages = 0;

  const { send } = Notification;
  Notification.send = async function (...given) {
    messages += 1;
    try {
      return await send.apply(this, given);
    } finally {
      messages -= 1;
    }
  };

  // The first thing that Kuma does for its end.
  const { stop } = server;
  server.stop = function (...given) {
    if (!isEnding) shortenPauses();
    isEnding = true;
    ending.enterWith(true);
    return stop.apply(this, given);
  };

  // Kuma may still be at starting its monitors one by one: what such a check finds could not be stored any more.
  const { start } = Monitor.prototype;
  Monitor.prototype.start = function (...given) {
    return isEnding ? undefined : start.apply(this, given);
  };

  function shortenPauses() {
    const { setTimeout } = globalThis;
    let both;
    const shortened = (done, wait, ...given) => {
      if (wait !== KUMAS_PAUSE || ending.getStore() !== true) return setTimeout(done, wait, ...given);
      const now = performance.now();
      both ??= now + 2 * KUMAS_PAUSE;
      const end = isClosed() ? Math.max(both, now + SHORTEST_LIMIT) : now + LONGEST_FIRST;
      let quiet = 0;
      const ask = setInterval(() => {
        quiet = isQuiet() ? quiet + 1 : 0;
        // Twice in a row: between two steps of a check there may be a moment without any.
        if (quiet < 2 && performance.now() < end) return;
        clearInterval(ask);
        done(...given);
      }, ASK_EVERY);
      return ask;
    };
    globalThis.setTimeout = Object.defineProperties(shortened, Object.getOwnPropertyDescriptors(setTimeout));
  }

  /** Once its database is closed, no check can come to its end any more. */
  function isQuiet() {
    if (messages > 0) return false;
    if (isClosed()) return true;
    const { pool } = R.knex.client;
    return pool.numUsed() + pool.numPendingAcquires() === 0 && !isAnyChecking();
  }

  function isClosed() {
    return R.knex?.client?.pool === undefined;
  }
}

/** Of the monitors that Kuma starts one by one, 0.3 to 1 s apart, those come first whose check is most overdue. */
function startWithOverdue(R) {
  const { find } = R;
  R.find = async function (type, clause, ...given) {
    const found = await find.call(this, type, clause, ...given);
    if (type !== "monitor" || String(clause).trim() !== "active = 1") return found;
    R.find = find;
    const dueAt = await whenDue(R).catch(() => new Map());
    return [...found].sort((a, b) => (dueAt.get(a.id) ?? 0) - (dueAt.get(b.id) ?? 0));
  };
}

/** @returns by monitor when its next check was due, milliseconds since 1970; nothing of those without a heartbeat */
async function whenDue(R) {
  const rows = await R.getAll(
    // One search in an index for each: a long history costs nothing.
    `SELECT monitor.id, monitor.interval AS pause,
      (SELECT time FROM heartbeat WHERE monitor_id = monitor.id ORDER BY time DESC LIMIT 1) AS last_time
     FROM monitor WHERE active = 1`,
  );
  const beaten = rows.filter(({ last_time }) => last_time !== null);
  return new Map(beaten.map(({ id, pause, last_time }) => [id, toTime(last_time) + pause * 1_000]));
}

/** As Kuma stores it, "2026-11-27 17:30:00.123" of UTC; some database drivers make a Date of it. */
function toTime(stored) {
  return stored instanceof Date ? stored.getTime() : Date.parse(`${String(stored).replace(" ", "T")}Z`);
}
