"use strict";

// Put here by `replicator-kuma patch`, taken away by `replicator-kuma patch --revert`.
// Asks the supervisor before each message of an outage, a recovery or an expiry what becomes of it: sent, with a line at its
// end that says who agrees; dropped, because another instance has sent it; or withheld, until the supervisor orders it.
// Whatever goes wrong with that, the message is sent as Kuma would.

const { AsyncLocalStorage } = require("node:async_hooks");
const { createHash } = require("node:crypto");

/** A message is never later by more than this, milliseconds: without an answer it is sent as it is. */
const ANSWER_LIMIT = 6_000;

/** What becomes of a message without an answer. */
const AS_EVER = { verdict: "send" };

/** What a caller in Kuma gets in place of the provider's own words: to Kuma it counts as sent. */
const NOT_SENT = "Not sent from here, by Replicator Kuma.";

/**
 * Kuma's words for a certificate and a domain, in each release from 1.23.0 to 2.5.3: they come without a monitor, as the
 * test of a notification does.
 */
const EXPIRY = /^(\[.*\] .* certificate|Domain name) .* will (be expired|expire) in -?\d+ days$/s;

/**
 * Replaces the static method `send` of Kuma's class Notification, as the module for the prefix does.
 * @param parts.asks of which kinds of messages the supervisor is asked; of the others it is told what became of them
 * @param parts.send says something to the supervisor
 * @param parts.beatOf what it is told of a check, by the monitor and the status
 * @returns takes Kuma's class Monitor: its messages to several notifications are asked for once
 */
exports.askBeforeMessages = function askBeforeMessages(Notification, { asks, send, beatOf }) {
  /** What a call of Monitor.sendNotification is about: `notifications`, `isReplay`, and the answer, once it is asked for. */
  const turns = new AsyncLocalStorage();
  const ask = createAsk(send);
  const { send: sendAsIs } = Notification;

  Notification.send = async function (notification, msg, monitor, heartbeat, ...rest) {
    const as = (...given) => sendAsIs.call(this, ...given, ...rest);
    const hash = hashOf(JSON.stringify(notification));
    const turn = turns.getStore() ?? {};
    const about = describe(msg, monitor, heartbeat, { notifications: [hash], isReplay: false, ...turn });
    if (about === undefined) return as(notification, msg, monitor, heartbeat);
    if (asks.includes(about.kind)) turn.answer ??= ask(about);
    const { verdict, line, except } = (await turn.answer) ?? AS_EVER;
    const isExcepted = Array.isArray(except) && except.includes(hash);
    if (verdict === "drop" || verdict === "withhold" || isExcepted) return NOT_SENT;
    const report = (isSent) => send({ report: about, notification: hash, isSent });
    try {
      const sent = await as(...endWith(line, notification, msg, monitor, heartbeat));
      report(true);
      return sent;
    } catch (error) {
      report(false);
      throw error;
    }
  };

  /** What the supervisor is told of a message; undefined: nothing, as of the test of a notification. */
  function describe(msg, monitor, heartbeat, { notifications, isReplay }) {
    if (!monitor && !heartbeat && EXPIRY.test(msg))
      return { kind: "expiry", subject: hashOf(msg.replace(/-?\d+ days$/, "")), notifications };
    // Up and down are 1 and 0.
    if (!monitor || !heartbeat || ![0, 1].includes(heartbeat.status)) return undefined;
    const { status, important } = heartbeat;
    const kind = status === 1 ? "up" : important || isReplay ? "down" : "again";
    return { kind, beat: beatOf(monitor, status), notifications, isReplay };
  }

  process.on("message", (message) => {
    if (message?.replicatorKumaPeers === 1 && message.replay !== undefined) void replay(message);
  });

  /** Sends what Kuma would say of the latest heartbeat; it is asked for like any other message. */
  async function replay({ replay: id, monitor, kind }) {
    const result = await turns.run({ isReplay: true }, () => sendLatest(monitor, kind)).catch(() => "failed");
    send({ replayed: id, result });
  }

  return function groupByHeartbeat(Monitor) {
    const { sendNotification, getNotificationList } = Monitor;
    Monitor.sendNotification = function (...given) {
      const turn = turns.getStore() ?? {};
      return turns.run(turn, () => sendNotification.apply(this, given));
    };
    Monitor.getNotificationList = async function (...given) {
      const list = await getNotificationList.apply(this, given);
      const turn = turns.getStore();
      if (turn !== undefined) turn.notifications = hashesOf(list);
      return list;
    };
  };
};

async function sendLatest(id, kind) {
  const { R } = require("redbean-node");
  const Monitor = require("./model/monitor");
  const monitor = await R.findOne("monitor", " id = ? AND active = 1 ", [id]);
  const heartbeat = await R.findOne("heartbeat", " monitor_id = ? ORDER BY time DESC ", [id]);
  if (!monitor || heartbeat?.status !== (kind === "up" ? 1 : 0)) return "stale";
  // As server/routers/api-router.js does it.
  await Monitor.sendNotification(false, monitor, heartbeat);
  return "done";
}

/** Of Kuma's rows; one that it cannot read itself is not sent to. */
function hashesOf(rows) {
  return rows.flatMap(({ config }) => {
    try {
      return hashOf(JSON.stringify(JSON.parse(config)));
    } catch {
      return [];
    }
  });
}

/** What is sent, in copies, because Kuma hands one and the same heartbeat to every provider of a message. */
function endWith(line, notification, msg, monitor, heartbeat) {
  if (typeof line !== "string") return [notification, msg, monitor, heartbeat];
  const ended = (text) => (typeof text === "string" ? `${text} - ${line}` : text);
  return [notification, ended(msg), monitor, heartbeat && { ...heartbeat, msg: ended(heartbeat.msg) }];
}

function hashOf(text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}

/** A function that asks the supervisor; it never rejects, and gives undefined without an answer. */
function createAsk(send) {
  const waiting = new Map();
  let lastId = 0;

  process.on("message", (message) => {
    if (message?.replicatorKumaPeers === 1) waiting.get(message.answer)?.(message);
  });
  process.on("disconnect", () => {
    for (const end of waiting.values()) end();
  });
  // The channel must not keep a Kuma alive that wants to end.
  process.channel?.unref();

  return (about) => {
    const id = ++lastId;
    return new Promise((resolve) => {
      const end = (answer) => {
        clearTimeout(limit);
        waiting.delete(id);
        resolve(answer);
      };
      const limit = setTimeout(end, ANSWER_LIMIT);
      waiting.set(id, end);
      send({ ask: id, about }, (error) => {
        if (error || !process.connected) end();
      });
    });
  };
}
