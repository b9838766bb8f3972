"use strict";

// Put here by `replicator-kuma patch`, taken away by `replicator-kuma patch --revert`.
// Asks the supervisor before each message of an outage, a recovery or an expiry what becomes of it: sent, with a line at its
// end that says who agrees; dropped, because another instance has sent it; or withheld, until the supervisor asks for it.
// Whatever goes wrong with that, the message is sent as Kuma would.

const { AsyncLocalStorage } = require("node:async_hooks");
const { createHash } = require("node:crypto");

/** A message is never later by more than this, milliseconds: without an answer it is sent as it is. */
const ANSWER_LIMIT = 6_000;

/** What becomes of a message without an answer. */
const AS_EVER = { verdict: "send" };

/** What a caller in Kuma gets in place of the provider's own words: to Kuma it counts as sent. */
const NOT_SENT = { drop: "Sent by another instance.", withhold: "Withheld by Replicator Kuma." };

/**
 * Kuma's words for a certificate and a domain, in each release from 1.23.0 to 2.5.3: they come without a monitor, as the
 * test of a notification does.
 */
const EXPIRY = /^(\[.*\] .* certificate|Domain name) .* will (be expired|expire) in -?\d+ days$/s;

/**
 * Replaces the static method `send` of Kuma's class Notification, as the module for the prefix does.
 * @param parts.asksOfExpiry whether certificates and domains are asked for as well
 * @param parts.send says something to the supervisor
 * @param parts.beatOf what it is told of a check, by the monitor and the status
 */
exports.askBeforeMessages = function askBeforeMessages(Notification, { asksOfExpiry, send, beatOf }) {
  /** In a replay, its own: what was answered to it. */
  const replays = new AsyncLocalStorage();
  const question = createQuestions(send);
  const { send: sendAsIs } = Notification;
  /** The last question of each monitor: a message that goes to several providers is asked for once. */
  const asked = new Map();

  Notification.send = async function (notification, msg, monitor, heartbeat, ...rest) {
    const hash = hashOf(JSON.stringify(notification));
    const { id, answer } = await ask(hash, msg, monitor, heartbeat);
    const { verdict, line, only } = answer;
    const isForOthers = Array.isArray(only) && !only.includes(hash);
    if (verdict === "drop" || verdict === "withhold" || isForOthers)
      return NOT_SENT[verdict] ?? NOT_SENT.drop;
    // Copies, because Kuma hands one and the same heartbeat to every provider of a message.
    const given =
      typeof line !== "string"
        ? [notification, msg, monitor, heartbeat]
        : [
            notification,
            endWith(msg, line),
            monitor,
            heartbeat && { ...heartbeat, msg: endWith(heartbeat.msg, line) },
          ];
    try {
      const sent = await sendAsIs.call(this, ...given, ...rest);
      report(id, hash, true);
      return sent;
    } catch (error) {
      report(id, hash, false);
      throw error;
    }
  };

  process.on("message", (message) => {
    if (message?.replicatorKumaPeers === 1 && message.replay !== undefined) void replay(message);
  });

  function report(id, notification, ok) {
    if (id !== undefined) send({ report: id, notification, ok });
  }

  /** @returns the number of the question, undefined when nobody was asked; and what was answered */
  async function ask(notification, msg, monitor, heartbeat) {
    if (asksOfExpiry && !monitor && !heartbeat && EXPIRY.test(msg)) {
      const text = hashOf(msg.replace(/-?\d+ days$/, ""));
      return question({ about: { kind: "expiry", notification, text } });
    }
    // A test comes without; up and down are 1 and 0.
    if (!monitor || !heartbeat || ![0, 1].includes(heartbeat.status))
      return { id: undefined, answer: AS_EVER };
    const time = String(heartbeat.time);
    const about = { kind: heartbeat.status === 1 ? "up" : "down", notification, time };
    const questionOf = (more) =>
      question({
        beat: beatOf(monitor, heartbeat.status),
        about: { ...about, ...more, important: Boolean(heartbeat.important) },
      });
    const own = replays.getStore();
    if (own !== undefined) {
      own.answered ??= questionOf({ replay: true });
      return own.answered;
    }
    const key = `${time} ${heartbeat.status}`;
    const before = asked.get(monitor.id);
    if (before?.key === key) return before.answered;
    const answered = questionOf({});
    asked.set(monitor.id, { key, answered });
    return answered;
  }

  /** Sends a message that was withheld, in Kuma's own words, to all notifications of the monitor; it is asked for anew. */
  async function replay({ replay: id, monitor, kind }) {
    const result = await replays.run({}, () => sendLatest(monitor, kind)).catch(() => "failed");
    send({ replayed: id, result });
  }

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
};

function endWith(text, line) {
  return typeof text === "string" ? `${text} - ${line}` : text;
}

function hashOf(text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}

/** A function that asks the supervisor; it never rejects. */
function createQuestions(send) {
  const waiting = new Map();
  let lastId = 0;

  process.on("message", (message) => {
    if (message?.replicatorKumaPeers === 1) waiting.get(message.answer)?.(message);
  });
  process.on("disconnect", () => {
    for (const end of waiting.values()) end(AS_EVER);
  });
  // The channel must not keep a Kuma alive that wants to end.
  process.channel?.unref();

  return (asked) => {
    const id = ++lastId;
    return new Promise((resolve) => {
      const end = (answer) => {
        clearTimeout(limit);
        waiting.delete(id);
        resolve({ id, answer });
      };
      const limit = setTimeout(end, ANSWER_LIMIT, AS_EVER);
      waiting.set(id, end);
      send({ ask: id, ...asked }, (error) => {
        if (error || !process.connected) end(AS_EVER);
      });
    });
  };
}
