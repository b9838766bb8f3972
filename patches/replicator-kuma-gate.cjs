"use strict";

// Put here by `replicator-kuma patch`, taken away by `replicator-kuma patch --revert`.
// Keeps what a person does in Kuma's page and what the supervisor does apart: Kuma saves in several steps, and the
// one must not come between the steps of the other.

/** How long an action of a person that is under way is waited for, milliseconds. */
const ACTION_LIMIT = 5_000;

/** An action that has not been answered for so long never will be: milliseconds. */
const FORGOTTEN_AFTER = 30_000;

/** They change nothing, and may take long. */
const ONLY_ASKS = /^(test|login|logout|get|check|has|need)/;

exports.openGate = function openGate(io) {
  /** While closed: resolves when it is opened. */
  let closed;
  let letThrough = () => {};
  /** When the actions that are under way have begun. */
  const underWay = new Map();
  let onEnd = () => {};

  io.on("connection", (socket) => {
    socket.use((packet, next) => {
      if (ONLY_ASKS.test(String(packet[0]))) return next();
      if (closed === undefined) return begin(packet, next);
      void closed.then(() => begin(packet, next));
    });
  });

  /** An action ends with its answer. */
  function begin(packet, next) {
    const answer = packet[packet.length - 1];
    if (typeof answer === "function") {
      const action = Symbol("action");
      underWay.set(action, performance.now());
      packet[packet.length - 1] = (...given) => {
        underWay.delete(action);
        if (underWay.size === 0) onEnd();
        return answer(...given);
      };
    }
    next();
  }

  return {
    /** Lets nothing new begin. @returns whether what had begun has ended */
    async close() {
      closed ??= new Promise((resolve) => {
        letThrough = resolve;
      });
      const now = performance.now();
      for (const [action, since] of underWay) if (now - since > FORGOTTEN_AFTER) underWay.delete(action);
      if (underWay.size > 0)
        await new Promise((resolve) => {
          onEnd = resolve;
          setTimeout(resolve, ACTION_LIMIT);
        });
      return underWay.size === 0;
    },

    open() {
      closed = undefined;
      letThrough();
    },
  };
};
