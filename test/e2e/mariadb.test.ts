import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type Populated, populate } from "../../scripts/demo/populate.ts";
import { startTargets, type Targets } from "../../scripts/demo/targets.ts";
import { readKumaVersion } from "../../src/kuma/index.ts";
import { ensureBuilt } from "../support/install/build.ts";
import { ensureKuma } from "../support/install/kuma.ts";
import { connectKuma, type KumaClient } from "../support/kuma/kuma-api.ts";
import { chooseMariaDb } from "../support/kuma/on-mariadb.ts";
import { queryMariaDb, readMariaDbTables, withNumbers } from "../support/mariadb-rows.ts";
import { startMariadbd, type TestMariaDb } from "../support/mariadbd.ts";
import { freePort } from "../support/ports.ts";
import { makeRepository } from "../support/repository.ts";
import { readLocal, readReplicatedTables } from "../support/rows.ts";
import { openNamespace, type SupervisorNamespace } from "../support/supervisor-namespace.ts";
import { waitFor } from "../support/wait.ts";

/** A process for Kuma's, which writes nothing. */
const STAND_IN = fileURLToPath(new URL("../fixtures/programs/stand-in-kuma.mjs", import.meta.url));
const HOSTILE = `Robert'); DROP TABLE monitor;-- "quoted" \\n \\" NULL;\n;\t漢 🐻 `;
/** A machine of two cores starts several Kumas at once, each of which makes its tables. */

type Name = "sqlite" | "external" | "embedded";
type Mode = "BACKUP" | "RESTORE";

let folder: string;
let kumaDir: string;
let targets: Targets;
let mariadb: TestMariaDb;
let port: number;
/** Those that a primary on SQLite has. The release on npm has its embedded MariaDB elsewhere, and no account for it. */
let replicas: readonly ("external" | "embedded")[];
let populated: Populated;
const instances = new Map<Name, SupervisorNamespace>();

const dataOf = (name: Name) => join(folder, name);

async function start(
  name: Name,
  mode: Mode,
  env: Readonly<Record<string, string>> = {},
): Promise<SupervisorNamespace> {
  const databases: Record<Name, Record<string, string>> = {
    sqlite: { UPTIME_KUMA_DB_TYPE: "sqlite" },
    external: chooseMariaDb(dataOf("external"), port),
    embedded: { UPTIME_KUMA_DB_TYPE: "embedded-mariadb" },
  };
  const instance = await openNamespace({
    ...{ name, mode, dataDir: dataOf(name), repository: join(folder, "repository") },
    ownRoot: name === "embedded",
    env: { ...databases[name], KUMA_DIR: kumaDir, KUMA_COMMAND: "", REPLICATOR_PROOF_WINDOW: "1s", ...env },
  });
  instances.set(name, instance);
  return instance;
}

function instance(name: Name): SupervisorNamespace {
  const found = instances.get(name);
  assert.ok(found, name);
  return found;
}

async function asUser<T>(name: Name, work: (kuma: KumaClient) => Promise<T>): Promise<T> {
  const kuma = await connectKuma(`http://127.0.0.1:${instance(name).port}`);
  try {
    return await work(kuma);
  } finally {
    kuma.close();
  }
}

/** Its socket and the name of its database; undefined: SQLite. */
function serverOf(name: Name): [string, string] | undefined {
  if (name === "sqlite") return undefined;
  return name === "external" ? [mariadb.socket, "kuma"] : [join(dataOf(name), "run/mariadb.sock"), "kuma"];
}

/** All replicated rows; tables and columns are those of the SQLite instance. */
async function rowsOf(name: Name) {
  const inSqlite = readReplicatedTables(join(dataOf("sqlite"), "kuma.db"));
  const server = serverOf(name);
  return server === undefined ? withNumbers(inSqlite) : readMariaDbTables(...server, inSqlite);
}

async function assertEqual(one: Name, other: Name): Promise<void> {
  assert.deepEqual(await rowsOf(one), await rowsOf(other));
}

/**
 * Every row of every table that is not replicated, but for history of monitors that were gone already: that goes one
 * day. For an instance whose Kuma does not run.
 */
async function othersOf(name: "sqlite" | "external"): Promise<Record<string, unknown>> {
  const { monitor } = await rowsOf(name);
  assert.ok(monitor);
  const ids = new Set(monitor.rows.map((row) => String(row[monitor.columns.indexOf("id")])));
  const tables = name === "sqlite" ? readLocal(join(dataOf(name), "kuma.db")) : await readOthers();
  const isKept = (row: Record<string, unknown>) =>
    !("monitor_id" in row) || row.monitor_id === null || ids.has(String(row.monitor_id));
  return Object.fromEntries(Object.entries(tables).map(([table, rows]) => [table, rows.filter(isKept)]));
}

async function readOthers(): Promise<Record<string, Record<string, unknown>[]>> {
  const replicated = Object.keys(readReplicatedTables(join(dataOf("sqlite"), "kuma.db")));
  const find = "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'kuma'";
  const names = (await queryMariaDb(mariadb.socket, "kuma", find)).map(({ name }) => String(name));
  const tables: Record<string, Record<string, unknown>[]> = {};
  for (const name of names.filter((each) => !replicated.includes(each) && !each.startsWith("replicator_")))
    tables[name] = await queryMariaDb(mariadb.socket, "kuma", `SELECT * FROM \`${name}\` ORDER BY 1`);
  return tables;
}

/**
 * Has a stopped instance apply the latest, with a stand-in for Kuma, so that nobody else writes; and stops it again.
 */
async function applyAlone(name: "sqlite" | "external"): Promise<void> {
  const before = await othersOf(name);
  assert.ok(Object.keys(before).length >= 8, Object.keys(before).join());
  const alone = await start(name, "RESTORE", { KUMA_COMMAND: `"${process.execPath}" "${STAND_IN}"` });
  await alone.untilLogged("applied");
  assert.equal(await alone.stop(), 0);
  const after = await othersOf(name);
  assert.deepEqual(Object.keys(after), Object.keys(before));
  for (const [table, rows] of Object.entries(before)) assert.deepEqual(after[table], rows, table);
}

/** What an apply must not touch, as far as Kuma itself adds to it only. */
async function localOf(name: "external" | "embedded") {
  const server = serverOf(name);
  assert.ok(server);
  const [settings, accounts, heartbeats] = await Promise.all(
    [
      "SELECT * FROM setting ORDER BY id",
      "SELECT * FROM user ORDER BY id",
      "SELECT id, monitor_id, time, msg FROM heartbeat ORDER BY id",
    ].map((sql) => queryMariaDb(...server, sql)),
  );
  return { settings, accounts, heartbeats: heartbeats ?? [] };
}

async function cycle(name: Name, expected: string): Promise<void> {
  const outcome = await instance(name).cycle();
  assert.equal(outcome.type, expected, `${name}: ${JSON.stringify(outcome)}`);
  await waitFor("its Kuma", () => (instance(name).kumaPid() ? true : undefined));
}

describe("replication between SQLite, MariaDB and Kuma's own MariaDB", () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "mariadb-"));
    await ensureBuilt();
    kumaDir = await ensureKuma();
    replicas = readKumaVersion(kumaDir).startsWith("2.0.0-dev") ? ["external"] : ["external", "embedded"];
    port = await freePort();
    [targets, mariadb] = await Promise.all([
      startTargets(),
      startMariadbd(`--port=${port}`, "--bind-address=127.0.0.1"),
      makeRepository(join(folder, "repository")),
    ]);
    const primary = await start("sqlite", "BACKUP");
    await primary.untilLogged("kuma-ready");
    populated = await asUser("sqlite", (kuma) => populate(kuma, targets));
    await cycle("sqlite", "published");
  });

  after(async () => {
    await Promise.all([...instances.values()].map((each) => each.kill()));
    await mariadb?.close();
    targets?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("a new replica on MariaDB and one on Kuma's own get every row of a primary on SQLite", async () => {
    await Promise.all(replicas.map((name) => start(name, "RESTORE")));
    for (const name of replicas) {
      await instance(name).untilLogged("applied");
      await assertEqual("sqlite", name);
    }
  });

  it("edits of every kind arrive on both; history, settings and accounts there stay", async () => {
    const before = await Promise.all(replicas.map(localOf));
    await asUser("sqlite", async (kuma) => {
      const gone = await kuma.addMonitor({ type: "http", name: "short-lived", url: targets.url });
      const added = await kuma.addMonitor({
        type: "http",
        name: HOSTILE,
        url: `${targets.url}/?q='";`,
        description: " x ",
      });
      await kuma.editMonitor(populated.steadyMonitor, { name: "renamed; 'again'\\", interval: 47 });
      await kuma.pauseMonitor(added);
      await kuma.addMonitorTag(await kuma.addTag("backslash \\", "#000000"), added, "null");
      await kuma.deleteMonitor(gone);
      await kuma.addMaintenance(
        { title: "once", strategy: "single", dateRange: ["2030-01-01 00:00", "2030-01-02 00:00"] },
        [added],
      );
    });
    await cycle("sqlite", "published");
    await Promise.all(replicas.map((name) => cycle(name, "applied")));
    for (const [index, name] of replicas.entries()) {
      await assertEqual("sqlite", name);
      const now = await localOf(name);
      const was = before[index];
      assert.deepEqual({ ...now, heartbeats: [] }, { ...was, heartbeats: [] });
      assert.deepEqual(now.heartbeats.slice(0, was?.heartbeats.length), was?.heartbeats);
    }
  });

  it("the same content on all three changes nothing: nobody restarts", async () => {
    const pids = replicas.map((name) => instance(name).kumaPid());
    for (const name of ["sqlite", ...replicas] as const) await cycle(name, "unchanged");
    assert.deepEqual(
      replicas.map((name) => instance(name).kumaPid()),
      pids,
    );
  });

  it("an apply goes through the server that Kuma has left, and ends it before the next", (t) => {
    if (!replicas.includes("embedded")) return t.skip("this Kuma's is elsewhere");
    const events = instance("embedded").events();
    const from = events.findLastIndex(({ type }) => type === "kuma-stopping");
    const during = events.slice(from).map(({ type }) => type);
    assert.deepEqual(
      during.filter((type) => /^(kuma|database)/.test(type)),
      ["kuma-stopping", "kuma-stopped", "database-server-ended", "kuma-starting", "kuma-ready"],
    );
    const pids = instance("embedded")
      .processes()
      .filter(({ command }) => command[0] === "mariadbd");
    assert.equal(pids.length, 1);
  });

  it("an apply leaves every row of every other table on MariaDB as it was", async () => {
    assert.equal(await instance("external").stop(), 0);
    await asUser("sqlite", (kuma) => kuma.editMonitor(populated.steadyMonitor, { description: "alone" }));
    await cycle("sqlite", "published");
    await applyAlone("external");
    await assertEqual("sqlite", "external");
  });

  it("SQLite and Kuma's own MariaDB follow a primary on MariaDB, before their Kuma's only start", async () => {
    await Promise.all([...instances.values()].map(async (each) => assert.equal(await each.stop(), 0)));
    const primary = await start("external", "BACKUP");
    await primary.untilLogged("kuma-ready");
    await asUser("external", async (kuma) => {
      await kuma.editMonitor(populated.steadyMonitor, { name: "edited on MariaDB: é \\ ' \" 🐻" });
      await kuma.addMonitor({ type: "ping", name: "of MariaDB", hostname: "127.0.0.1" });
    });
    await cycle("external", "published");
    await applyAlone("sqlite");
    for (const name of ["sqlite", ...replicas.filter((each) => each === "embedded")] as const) {
      const replica = await start(name, "RESTORE");
      await replica.untilLogged("applied");
      await assertEqual("external", name);
      assert.equal(replica.events().filter(({ type }) => type === "kuma-starting").length, 1);
    }
    // None was left by a container that is gone, so one of our own served.
    const served = instances.get("embedded")?.events() ?? [];
    assert.ok(served.length === 0 || served.some(({ type }) => type === "database-server-started"));
  });

  it("a primary whose database is away says so, and publishes once it is back; its replica follows", async () => {
    await mariadb.kill();
    const failed = await instance("external").cycle();
    assert.ok(
      failed.type === "cycle-failed" && failed.problem.code === "database-unreachable",
      JSON.stringify(failed),
    );
    await mariadb.start();
    await asUser("external", (kuma) =>
      kuma.editMonitor(populated.steadyMonitor, { name: "edited once it was back" }),
    );
    await cycle("external", "published");
    await cycle("sqlite", "applied");
    await assertEqual("external", "sqlite");
  });

  it("all end in order, and leave no process behind", async () => {
    for (const [name, each] of instances) assert.equal(await each.stop(), 0, name);
  });
});
