"use strict";

// Put here by `replicator-kuma patch`, taken away by `replicator-kuma patch --revert`.
// Tells the supervisor what each check found, and asks it before each message what becomes of that
// (replicator-kuma-alerts.cjs). Without a channel, or without REPLICATOR_PEERS, it does nothing.
// Runs inside Uptime Kuma, on whatever Node that runs on (16 and later), and needs nothing but Node and Kuma itself.

const { askBeforeMessages } = require("./replicator-kuma-alerts.cjs");

/** By mode of which kinds of messages the supervisor is asked: an outage, what still is one, its end, and what expires. */
const ASKS = {
  each: [],
  annotate: ["down", "again", "up"],
  once: ["down", "again", "up", "expiry"],
  quorum: ["down", "again", "up", "expiry"],
};

/**
 * In place of a status of Kuma's: it watches the monitor, and has not checked it since its start. With many of them that
 * takes minutes: it starts one after another, and has them all in its list before the first.
 */
const NOT_YET = -1;

module.exports = function joinPeers(Notification) {
  // Set by the supervisor, where it knows of others at all.
  const asks = ASKS[process.env.REPLICATOR_ALERT];
  if (typeof process.send !== "function" || asks === undefined) return;
  send({ hello: true });
  const groupByHeartbeat = askBeforeMessages(Notification, { asks, send, beatOf });
  // After all of Kuma's files are loaded, before its database is open: so before a monitor is started.
  process.nextTick(() => {
    try {
      tellHeartbeats();
      groupByHeartbeat(require("./model/monitor"));
    } catch {
      // A Kuma that is built in another way: it asks all the same, and others hear less of it.
    }
  });
};

/** The channel is one for all modules; these messages are ours. `onEnd` is called with what kept it from being said. */
function send(message, onEnd = () => {}) {
  if (process.connected) process.send({ replicatorKumaPeers: 1, ...message }, onEnd);
  else onEnd(new Error("the supervisor is gone"));
}

/** Wraps the one function that every heartbeat is stored by. */
function tellHeartbeats() {
  const { R } = require("redbean-node");
  const { UptimeKumaServer } = require("./uptime-kuma-server");
  const { store } = R;
  /** Not told yet, the newest of each monitor: a supervisor that does not listen costs no more than this. */
  const waiting = new Map();
  let isSending = false;
  let isListed = false;

  R.store = async function (bean, ...rest) {
    const stored = await store.call(this, bean, ...rest);
    if (bean?.beanMeta?.type === "heartbeat") note(bean);
    return stored;
  };

  function note({ monitor_id: id, status }) {
    const { monitorList } = UptimeKumaServer.getInstance();
    const monitor = monitorList?.[id];
    if (monitor === undefined) return;
    if (!isListed) send({ beats: Object.values(monitorList).map((each) => beatOf(each, NOT_YET)) });
    isListed = true;
    waiting.set(id, beatOf(monitor, status));
    if (!isSending) setImmediate(tell);
  }

  function tell() {
    if (isSending || waiting.size === 0) return;
    const beats = [...waiting.values()];
    waiting.clear();
    isSending = true;
    send({ beats }, () => {
      isSending = false;
      // Not where the channel is closed: then each heartbeat tries once.
      if (process.connected) tell();
    });
  }
}

function beatOf({ id, name, type, interval, retryInterval, retry_interval, maxretries }, status) {
  const pause = 1000 * (Number(interval) || 0);
  const retryPause = 1000 * Number(retryInterval ?? retry_interval) || pause;
  const settles = pause + (Number(maxretries) || 0) * retryPause;
  return { id, name, type, state: status, every: Math.max(pause, retryPause), settles };
}
