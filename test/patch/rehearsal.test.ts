import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

const require = createRequire(import.meta.url);
type Send = (...args: unknown[]) => Promise<unknown>;
const nameMessages: (target: {
  send: Send;
  providerList: Record<string, unknown>;
}) => void = require("../../patches/replicator-kuma-notification.cjs");

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "rehearsal-"));
  process.env.REPLICATOR_INSTANCE_NAME = "eu";
});
after(() => rm(folder, { recursive: true, force: true }));

let count = 0;

/**
 * Sends one message about a monitor through a provider whose method `send` has this body: of `to` (the settings),
 * `msg`, `monitor`, `heartbeat`, and `axios`. Gives the monitor that the real provider got.
 */
async function monitorGivenTo(body: string, { settings = {}, status = 1, head = "" } = {}): Promise<unknown> {
  const file = path.join(folder, `provider-${++count}.cjs`);
  // What Kuma's own instance sends with is another thing: here it does nothing.
  const source = `const axios = globalThis.noClient ?? require("axios"); ${head}
    module.exports = class { async send(to, msg, monitor, heartbeat) { ${body} } };`;
  await writeFile(file, source);
  Object.assign(globalThis, { noClient: {} });
  const Provider = require(file);
  Object.assign(globalThis, { noClient: undefined });

  let given: unknown;
  const Notification = {
    providerList: { it: new Provider() },
    async send(...args: unknown[]) {
      given = args[2];
    },
  };
  nameMessages(Notification);
  const monitor = Object.freeze({ id: 3, name: "shop", pathName: "group / shop" });
  await Notification.send({ ...settings, type: "it" }, "is up", monitor, { status, msg: "200" });
  return given;
}

const UNCHANGED = { id: 3, name: "shop", pathName: "group / shop" };
const NAMED = { id: 3, name: "[eu] shop", pathName: "[eu] group / shop" };
const TITLE_ONLY = 'await axios.post("https://a.test", { text: "Service " + monitor.name + " is up" });';

test("a monitor gets the prefix in a copy when a provider shows its name alone", async () => {
  assert.deepEqual(await monitorGivenTo(TITLE_ONLY), NAMED);
  for (const body of [
    'await axios.post("https://a.test", { embeds: [{ title: monitor.pathName }] });',
    'await axios.post("https://a.test", new URLSearchParams({ text: monitor.name }));',
    'await axios.get("https://a.test", { params: { text: monitor.name } });',
    'await axios({ method: "post", url: "https://a.test", data: JSON.stringify({ text: "of " + monitor.name }) });',
    `${TITLE_ONLY} throw new Error("not what was expected");`,
    'await axios.get("https://a.test/hook"); await axios.request({ data: { text: monitor.name } });',
  ])
    assert.deepEqual(await monitorGivenTo(body), NAMED, body);
});

test("a monitor keeps its name when a provider shows the text of the message or the heartbeat", async () => {
  for (const text of [
    "{ text: msg, title: monitor.name }",
    "{ title: monitor.name, fields: [{ error: heartbeat.msg }] }",
    "encodeURIComponent(monitor.name + msg)",
    "Buffer.from(monitor.name + msg)",
    "{ getBuffer: () => Buffer.from(msg) }",
  ])
    assert.deepEqual(await monitorGivenTo(`await axios.post("https://a.test", ${text});`), UNCHANGED, text);
});

test("a monitor's name is decided by the settings, and by the status", async () => {
  const body = `await axios.post("https://a.test", to.minimalist || heartbeat.status === 1
    ? { title: "Service " + monitor.name } : { title: monitor.name, error: msg });`;
  assert.deepEqual(await monitorGivenTo(body, { status: 1 }), NAMED);
  assert.deepEqual(await monitorGivenTo(body, { status: 0 }), UNCHANGED);
  assert.deepEqual(await monitorGivenTo(body, { status: 0, settings: { minimalist: true } }), NAMED);
});

test("a monitor keeps the name by which an alert is closed", async () => {
  const closing = 'await axios.post("https://a.test/" + monitor.name + "/close", { by: "Kuma" });';
  assert.deepEqual(await monitorGivenTo(closing), UNCHANGED);
  const byField = `await axios.post("https://a.test", heartbeat.status === 1
    ? { close: true, alias: monitor.name } : { alias: monitor.name, text: msg });`;
  assert.deepEqual(await monitorGivenTo(byField, { status: 1 }), UNCHANGED);
  const bothByField = 'await axios.post("https://a.test", { resource: monitor.name, up: heartbeat.status });';
  assert.deepEqual(await monitorGivenTo(bothByField, { status: 1 }), NAMED);
  assert.deepEqual(await monitorGivenTo(bothByField, { status: 0 }), NAMED);
});

test("a monitor keeps its name in a person's template", async () => {
  const engine = { head: 'const { Liquid } = globalThis.noClient ? {} : require("liquidjs");' };
  const liquid = `const engine = new Liquid();
    await axios.post("https://a.test", { text: await engine.render(engine.parse(to.template)), title: monitor.name });`;
  const template = "{{ name }} changed";
  assert.deepEqual(await monitorGivenTo(liquid, { ...engine, settings: { template } }), UNCHANGED);
  const replaced =
    'await axios.post("https://a.test", { text: to.template.replace("{{ name }}", monitor.name) });';
  assert.deepEqual(await monitorGivenTo(replaced, { settings: { template } }), UNCHANGED);
  // A template that is not in use decides nothing.
  assert.deepEqual(await monitorGivenTo(TITLE_ONLY, { settings: { template } }), NAMED);
});

test("a message goes out as it would without a rehearsal when that fails, hangs or could reach out", async () => {
  for (const [body, head] of [
    ["throw new Error('no');"],
    ["await new Promise(() => {});"],
    ["await fetch('http://127.0.0.1:9');"],
    [TITLE_ONLY, 'if (!globalThis.noClient) require("nodemailer");'],
    [TITLE_ONLY, 'if (!globalThis.noClient) require("child_process");'],
    [TITLE_ONLY, "if (!globalThis.noClient) throw new Error('cannot be loaded twice');"],
    ["const data = {}; data.data = data; await axios.post('https://a.test', data);"],
  ])
    assert.deepEqual(await monitorGivenTo(body ?? "", { head: head ?? "" }), UNCHANGED, body);
});

test("a rehearsal leaves the settings alone and logs nothing", async (t) => {
  const log = t.mock.method(console, "log", () => {});
  const settings = Object.freeze({ list: Object.freeze(["a"]) });
  const body = `console.log(msg); to.list.push("b"); ${TITLE_ONLY}`;
  assert.deepEqual(await monitorGivenTo(body, { settings }), NAMED);
  assert.equal(log.mock.callCount(), 0);
});
