"use strict";

// Put here by `replicator-kuma patch`, taken away by `replicator-kuma patch --revert`.
// Makes every message begin with the name of the instance that sends it: "[name] …".
// Runs inside Uptime Kuma, on whatever Node that runs on (16 and later), and needs nothing but Node.

const os = require("node:os");

/** "[name] ", asked anew for each message: the image is built once and runs as many instances. */
function prefix() {
  const name = (process.env.REPLICATOR_INSTANCE_NAME || "").trim() || os.hostname();
  return `[${name}] `;
}

/** The text with the prefix, once. What is not text has nothing to begin with, and stays as it is. */
function named(text) {
  if (typeof text !== "string" || text.startsWith(prefix())) {
    return text;
  }
  return prefix() + text;
}

/** A copy, because Kuma hands one and the same heartbeat to every provider of a message. */
function namedHeartbeat(heartbeat) {
  if (heartbeat === null || typeof heartbeat !== "object" || typeof heartbeat.msg !== "string") {
    return heartbeat;
  }
  return { ...heartbeat, msg: named(heartbeat.msg) };
}

/**
 * Replaces the static method `send` of Kuma's class Notification; the class itself, and all else in it, stays.
 * `send` has been (notification, msg, monitorJSON, heartbeatJSON) in every Kuma from 1.23.0 to 2.5.3.
 */
module.exports = function nameMessages(Notification) {
  const send = Notification.send;
  Notification.send = function (notification, msg, monitorJSON, heartbeatJSON, ...rest) {
    return send.call(this, notification, named(msg), monitorJSON, namedHeartbeat(heartbeatJSON), ...rest);
  };
};
