"use strict";

// Put here by `replicator-kuma patch`, taken away by `replicator-kuma patch --revert`.
// Makes every message begin with the name of the instance that sends it: "[name] …".
// Runs inside Uptime Kuma, on whatever Node that runs on (16 and later), and needs nothing but Node.

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const os = require("node:os");
const { compileFunction } = require("node:vm");

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
  if (!isObject(heartbeat) || typeof heartbeat.msg !== "string") {
    return heartbeat;
  }
  return { ...heartbeat, msg: named(heartbeat.msg) };
}

/** A copy with another name; since 2.0 a monitor has its path as well, the names of its groups and its own. */
function renamed(monitor, rename) {
  const { name, pathName } = monitor;
  return {
    ...monitor,
    name: rename(name),
    ...(typeof pathName === "string" && { pathName: rename(pathName) }),
  };
}

function isObject(value) {
  return value !== null && typeof value === "object";
}

/**
 * Replaces the static method `send` of Kuma's class Notification; the class itself, and all else in it, stays.
 * `send` has been (notification, msg, monitorJSON, heartbeatJSON) in every Kuma from 1.23.0 to 2.5.3.
 */
module.exports = function nameMessages(Notification) {
  const send = Notification.send;
  Notification.send = async function (notification, msg, monitorJSON, heartbeatJSON, ...rest) {
    const heartbeat = namedHeartbeat(heartbeatJSON);
    const provider = this.providerList?.[notification?.type];
    const byName = await showsNameOnly(provider, notification, msg, monitorJSON, heartbeat);
    const monitor = byName ? renamed(monitorJSON, named) : monitorJSON;
    return send.call(this, notification, named(msg), monitor, heartbeat, ...rest);
  };
};

// Some providers show neither the message's text nor the heartbeat's, only the monitor's name. Which ones depends on the
// release and on a person's settings (format, template), so no list of them could stay right. So each message about a
// monitor is rehearsed: the provider's own source, loaded once more with a stand-in for its HTTP client, is given marks
// in place of texts, and what it would send is searched for them. Whatever goes wrong in that, the message is sent.

/** Letters and digits alone: they survive every encoding, and every filter for the characters of an SMS. */
const TEXT_MARK = "q7replicatortextq7";
const NAME_MARK = "q7replicatornameq7";
const TEMPLATE_MARK = "q7replicatortemplateq7";

/** For a provider that waits between two attempts: all that a rehearsal asks is answered at once. Milliseconds. */
const REHEARSAL_LIMIT = 500;

/** These compute and reach nothing. A provider that requires anything unknown is not rehearsed. */
const HARMLESS =
  /^(node:)?(buffer|crypto|path|querystring|url|util)$|^(dayjs|form-data|is-url|qs|semver|\w+-proxy-agent)$/;

/** Whether a message shows the monitor's name, and no text that begins with ours. False when that cannot be known. */
async function showsNameOnly(provider, notification, msg, monitor, heartbeat) {
  if (!isObject(monitor) || typeof monitor.name !== "string" || !isObject(heartbeat)) return false;
  try {
    const file = sourceOf(provider);
    if (file === undefined) return false;
    const rehearseWith = (status) => rehearse(file, notification, msg, monitor, { ...heartbeat, status });
    const seen = await rehearseWith(heartbeat.status);
    // Templates of people are left alone: what they leave out, and where they show the monitor's name, is their will.
    if (shows(seen, TEXT_MARK) || shows(seen, TEMPLATE_MARK)) return false;
    if (!seen.some(({ data, params }) => shows([data, params], NAME_MARK))) return false;
    return !findsByName(seen, await rehearseWith(1 - heartbeat.status));
  } catch {
    return false;
  }
}

/**
 * Whether the receiver finds an alert by the monitor's name: then the name must be the same when the alert is opened and
 * when it is closed. It is the same too when neither of the two shows a text, for then both get the prefix.
 */
function findsByName(requests, opposite) {
  if ([...requests, ...opposite].some(({ url }) => shows(url, NAME_MARK))) return true;
  if (!shows(opposite, TEXT_MARK)) return false;
  const keys = keysOfName(opposite);
  return keysOfName(requests).some((key) => keys.includes(key));
}

/** Fields at the top of a body that hold the name and nothing else. */
function keysOfName(requests) {
  return requests.flatMap(({ data }) => {
    const body = typeof data === "string" && data.startsWith("{") ? JSON.parse(data) : data;
    return isObject(body) ? Object.keys(body).filter((key) => body[key] === NAME_MARK) : [];
  });
}

function shows(value, mark) {
  if (typeof value === "string") return value.includes(mark);
  if (!isObject(value)) return false;
  if (Buffer.isBuffer(value) || value instanceof URL || value instanceof URLSearchParams)
    return shows(String(value), mark);
  if (typeof value.getBuffer === "function") return shows(value.getBuffer(), mark);
  return Object.values(value).some((each) => shows(each, mark));
}

/** The file that a provider's class came from; undefined when it is not a CommonJS file of Kuma's. */
function sourceOf(provider) {
  if (!isObject(provider)) return undefined;
  return Object.values(require.cache).find((module) => module?.exports === provider.constructor)?.filename;
}

/** What would be sent. A rejection of the provider is no failure: what it sent before counts. */
async function rehearse(file, notification, msg, monitor, heartbeat) {
  const requests = [];
  const Provider = load(file, requests);
  const sent = new Provider().send(
    withMarkedTemplates(notification),
    `${TEXT_MARK} ${msg}`,
    renamed(copyOf(monitor), () => NAME_MARK),
    { ...copyOf(heartbeat), msg: `${TEXT_MARK} ${heartbeat.msg}` },
  );
  let timer;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, REHEARSAL_LIMIT);
  });
  await Promise.race([sent.catch(() => {}), limit]);
  clearTimeout(timer);
  return requests;
}

/** The settings, with a mark in each text that has placeholders. */
function withMarkedTemplates(notification) {
  const mark = (_, value) =>
    typeof value === "string" && /\{[{%]/.test(value) ? `${value}${TEMPLATE_MARK}` : value;
  return JSON.parse(JSON.stringify(notification, mark));
}

function copyOf(value) {
  return JSON.parse(JSON.stringify(value));
}

/** What a file sees in place of Node's: no log, and no way out. */
const PARAMETERS = ["exports", "require", "module", "console", "fetch"];
const quiet = new Proxy({}, { get: () => () => {} });
const compiled = new Map();

/** The exports of a provider's file, in an instance of its own that reaches nothing. */
function load(file, requests) {
  if (!compiled.has(file))
    compiled.set(file, compileFunction(readFileSync(file, "utf8"), PARAMETERS, { filename: file }));
  const module = { exports: {} };
  const requireFrom = createRequire(file);
  const requireThere = (request) => requireFor(requireFrom, request, requests);
  compiled.get(file)(module.exports, requireThere, module, quiet);
  return module.exports;
}

function requireFor(requireFrom, request, requests) {
  if (request === "axios") return standInClient(requests);
  if (request === "liquidjs") return { Liquid: Unfilled };
  if (request === "https") return { Agent: class {} };
  if (HARMLESS.test(request)) return requireFrom(request);
  if (request.startsWith("./")) return load(requireFrom.resolve(request), requests);
  if (request.startsWith("../")) return readingOnly(requireFrom(request));
  throw new Error(`${request} may reach out`);
}

/** Kuma's own helpers: constants, functions and settings; nothing logged, no setting written. */
function readingOnly({ setSettings: _, Settings, log, ...others }) {
  return {
    ...others,
    ...(log && { log: quiet }),
    ...(Settings && { Settings: { get: (key) => Settings.get(key) } }),
  };
}

/** Stands for the template engine: a template comes out as it is, with its mark. */
class Unfilled {
  parse = (template) => template;
  render = async (template) => template;
  parseAndRender = async (template) => template;
}

/** Keeps each request, and answers that it went well. */
function standInClient(requests) {
  const keep = async ({ url, data, params, headers }) => {
    requests.push({ url, data, params, headers });
    return { status: 200, statusText: "OK", headers: {}, data: {} };
  };
  const client = (first, second) => keep(typeof first === "string" ? { ...second, url: first } : first);
  client.request = client;
  for (const method of ["get", "delete", "head"]) client[method] = (url, config) => keep({ ...config, url });
  for (const method of ["post", "put", "patch", "postForm"])
    client[method] = (url, data, config) => keep({ ...config, url, data });
  client.isAxiosError = () => false;
  client.default = client;
  return client;
}
