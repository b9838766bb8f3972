"use strict";

// Put here by `replicator-kuma patch`, taken away by `replicator-kuma patch --revert`.
// Tells the supervisor what each check found, and, with REPLICATOR_ALERT=annotate, asks it before each message about a monitor
// what other instances say of it: the message ends with that. Without a channel, or without REPLICATOR_PEERS, it does nothing.
// Runs inside Uptime Kuma, on whatever Node that runs on (16 and later), and needs nothing but Node and Kuma itself.

/** A message is never later by more than this, milliseconds: without an answer it is sent as it is. */
const ANSWER_LIMIT = 5_000;

module.exports = function consultPeers(Notification) {
  // Set by the supervisor, where it knows of others at all.
  const mode = process.env.REPLICATOR_ALERT;
  if (typeof process.send !== "function" || !mode) return;
  // After all of Kuma's files are loaded, before its database is open: so before a monitor is started.
  process.nextTick(() => {
    try {
      tellHeartbeats();
    } catch {
      // A Kuma that is built in another way: it asks all the same, and others hear less of it.
    }
  });
  if (mode === "annotate") annotate(Notification);
};

/** The channel is one for all modules; these messages are ours. */
function send(message, onEnd) {
  if (process.connected) process.send({ replicatorKumaPeers: 1, ...message }, onEnd);
  else onEnd();
}

/** Wraps the one function that every heartbeat is stored by. */
function tellHeartbeats() {
  const { R } = require("redbean-node");
  const { UptimeKumaServer } = require("./uptime-kuma-server");
  const { store } = R;
  /** Not told yet, the newest of each monitor: a supervisor that does not listen costs no more than this. */
  const waiting = new Map();
  let isSending = false;

  R.store = async function (bean, ...rest) {
    const stored = await store.call(this, bean, ...rest);
    if (bean?.beanMeta?.type === "heartbeat") note(bean);
    return stored;
  };

  function note({ monitor_id: id, status }) {
    const monitor = UptimeKumaServer.getInstance().monitorList?.[id];
    if (monitor === undefined) return;
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

function beatOf({ id, name, type, interval, retryInterval, retry_interval }, status) {
  const every = 1000 * Math.max(Number(interval) || 0, Number(retryInterval ?? retry_interval) || 0);
  return { id, name, type, state: status, every };
}

/** Replaces the static method `send` of Kuma's class Notification, as the module for the prefix does. */
function annotate(Notification) {
  const ask = createAsk();
  const { send: sendAsIs } = Notification;
  Notification.send = async function (notification, msg, monitor, heartbeat, ...rest) {
    const line = await ask(monitor, heartbeat);
    if (line === undefined) return sendAsIs.call(this, notification, msg, monitor, heartbeat, ...rest);
    // A copy, because Kuma hands one and the same heartbeat to every provider of a message.
    const annotated = { ...heartbeat, msg: endWith(heartbeat.msg, line) };
    return sendAsIs.call(this, notification, endWith(msg, line), monitor, annotated, ...rest);
  };
}

function endWith(text, line) {
  return typeof text === "string" ? `${text} - ${line}` : text;
}

/**
 * A function that asks what a message about this monitor is to end with; undefined: it is to be sent as it is. It never
 * rejects. A message that goes to several providers is asked for once.
 */
function createAsk() {
  const waiting = new Map();
  /** The last question of each monitor. */
  const asked = new Map();
  let lastId = 0;

  process.on("message", (message) => {
    if (message?.replicatorKumaPeers === 1) waiting.get(message.answer)?.(message.line);
  });
  process.on("disconnect", () => {
    for (const answer of waiting.values()) answer();
  });
  // The channel must not keep a Kuma alive that wants to end.
  process.channel?.unref();

  return async function ask(monitor, heartbeat) {
    // A test, a certificate and a domain come without; up and down are 1 and 0.
    if (!monitor || !heartbeat || ![0, 1].includes(heartbeat.status)) return undefined;
    const key = `${heartbeat.time} ${heartbeat.status}`;
    const before = asked.get(monitor.id);
    if (before?.key === key) return before.line;
    const line = question(beatOf(monitor, heartbeat.status));
    asked.set(monitor.id, { key, line });
    return line;
  };

  function question(beat) {
    const id = ++lastId;
    return new Promise((resolve) => {
      const answer = (line) => {
        clearTimeout(limit);
        waiting.delete(id);
        resolve(typeof line === "string" ? line : undefined);
      };
      const limit = setTimeout(answer, ANSWER_LIMIT);
      waiting.set(id, answer);
      send({ ask: id, beat }, (error) => {
        if (error || !process.connected) answer();
      });
    });
  }
}
