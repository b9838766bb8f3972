"use strict";

// Run by `replicator-kuma patch` after it wrote: node self-test.cjs PATH_OF_KUMA/server/notification.js
// Loads that very file, with a stand-in for all it requires but the injected modules, sends messages through a provider
// that shows their text and one that does not, says hello to the module for live applies, and prints what came as JSON.
// Kuma's dependencies need not be installed.

const Module = require("node:module");
const path = require("node:path");

const file = path.resolve(process.argv[2]);
const realLoad = Module._load;

/** Stands for any module: can be called, constructed, and has every property. */
const standIn = new Proxy(() => {}, {
  get: (target, key) => (key === "prototype" ? target.prototype : standIn),
  apply: () => standIn,
  construct: () => ({}),
});

Module._load = function (request, parent, isMain) {
  const injected = path.basename(request).startsWith("replicator-kuma-");
  const real = injected || parent === module || Module.isBuiltin(request);
  return real ? realLoad.call(this, request, parent, isMain) : standIn;
};

// Without a channel a message is asked of nobody, in whatever mode.
process.env.REPLICATOR_ALERT = "once";
const { Notification } = require(file);

// Now as if this process had one to the supervisor: the module for live applies looks for it once all is loaded.
process.connected = true;
const said = new Promise((resolve) => {
  process.send = resolve;
});
const NameOnly = require("./self-test-provider.cjs");

const received = [];
Notification.providerList = {
  stub: {
    send: async (_notification, msg, monitorJSON, heartbeatJSON) => {
      received.push({ msg, monitorJSON, heartbeatJSON });
      return "sent";
    },
  },
  nameOnly: new NameOnly(),
};
const heartbeat = Object.freeze({ msg: "heartbeat", status: 0 });

(async () => {
  const answers = [
    await Notification.send({ type: "stub" }, "message", { name: "monitor" }, heartbeat),
    await Notification.send({ type: "stub" }, "message"),
    await Notification.send({ type: "nameOnly" }, "message", { name: "monitor" }, heartbeat),
  ];
  received.push(...NameOnly.received);
  process.emit("message", { replicatorKuma: 1, id: 1, call: "hello" });
  const { reason: _, ...live } = await said;
  process.stdout.write(JSON.stringify({ answers, received, live }));
})();
