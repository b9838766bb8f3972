import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { convert } from "../../src/bash-snapshots/convert.ts";
import { openKumaDatabase } from "../../src/database/index.ts";
import { success } from "../../src/result.ts";
import type { Content, Snapshot } from "../../src/snapshot/index.ts";
import { publishFilesAsBash } from "../support/bash-publisher.ts";
import { at, filesOf, HEAD, V1 } from "../support/bash-samples.ts";
import { writeMariaDbExports } from "../support/bash-writer.ts";
import { openFleet } from "../support/fleet.ts";
import { ensureBuilt } from "../support/install/build.ts";
import { chooseMariaDb } from "../support/kuma/on-mariadb.ts";
import { SIDE_BY_SIDE, startMariadbd, type TestMariaDb } from "../support/mariadbd.ts";
import { freePort } from "../support/ports.ts";
import { makeTar } from "../support/tar.ts";

const ORIGIN = { instanceName: "old", createdAt: "2026-11-23T08:00:00.000Z" };
const IDS = { snapshotId: "a".repeat(64), contentHash: "b".repeat(64) };

let maria: TestMariaDb;
let port: number;
let folder: string;
let made = 0;

before(async () => {
  await ensureBuilt();
  folder = mkdtempSync(join(tmpdir(), "bash-mariadb-"));
  port = await freePort();
  maria = await startMariadbd(`--port=${port}`, "--bind-address=127.0.0.1");
});
after(async () => {
  await maria?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A populated Kuma 2.5.3 in a database of its own. */
async function makeDatabase(t: TestContext, name = `kuma_${++made}`): Promise<string> {
  await maria.create(name, SIDE_BY_SIDE.mariadb);
  t.after(() => maria.drop(name));
  return name;
}

function open(database: string) {
  const location = { engine: "mariadb", ...maria.place(database) } as const;
  return openKumaDatabase({
    ...{ locate: () => success(location), uploadDir: join(folder, "upload"), kumaVersion: "2.5.3" },
  });
}

/** The folder of CSV files that the bash version makes of a database. */
async function exportFrom(database: string): Promise<string> {
  const exports = join(folder, `exports-${++made}`);
  const connection = await maria.connect(database);
  try {
    await writeMariaDbExports(connection, exports);
  } finally {
    await connection.end();
  }
  return exports;
}

function value<T>(result: { ok: true; value: T } | { ok: false; problem: { message: string } }): T {
  assert.ok(result.ok, result.ok ? "" : result.problem.message);
  return result.value;
}

function read(bytes: Uint8Array, form: "archive" | "dump"): Snapshot {
  return value(convert(bytes, { form, ...ORIGIN }));
}

/**
 * Its rows, of the tables and columns that another content has, too; zones are settled by whoever publishes with this
 * program.
 */
function rowsOf({ tables }: Content, like: Content): unknown[] {
  return like.tables.flatMap(({ name, columns }) => {
    const table = tables.find((each) => each.name === name);
    const shared = columns.filter((column) => table?.columns.includes(column) && column !== "timezone");
    return [
      [name, shared, table?.rows.map((row) => shared.map((column) => row[table.columns.indexOf(column)]))],
    ];
  });
}

describe("a repository of a bash version and MariaDB", () => {
  it("exports from MariaDB give every row of their source, column by column", async (t) => {
    const database = await makeDatabase(t);
    const exported = read(makeTar(filesOf(await exportFrom(database), "/mysql_exports/")), "archive");
    const source = value(await open(database).read());
    assert.equal(exported.content.tables.length, 14);
    assert.ok(exported.content.tables.every(({ rows }) => rows.length > 0));
    assert.deepEqual(rowsOf(exported.content, exported.content), rowsOf(source, exported.content));
  });

  for (const [what, snapshot] of [
    ["dump of the version for 1.23", () => read(readFileSync(at(V1)), "dump")],
    ["export from SQLite", () => read(makeTar(filesOf(at(HEAD), "/sqlite_exports/")), "archive")],
  ] as const)
    it(`takes the ${what}: it is in MariaDB as it was, and a second time nothing differs`, async (t) => {
      const kuma = open(await makeDatabase(t));
      const published = snapshot();
      const planned = value(await kuma.apply(published, IDS));
      assert.equal(planned.empty, false);
      assert.equal(value(await kuma.plan(published)).empty, true);
      const monitors = (content: Content) =>
        content.tables.find(({ name }) => name === "monitor")?.rows.length;
      assert.equal(monitors(value(await kuma.read())), monitors(published.content));
    });

  it("a replica on MariaDB follows the exports of a bash primary on MariaDB", async (t) => {
    const fleet = await openFleet("bash-mariadb");
    t.after(fleet.close);
    const source = await makeDatabase(t);
    await maria.create("kuma", SIDE_BY_SIDE.mariadb);
    t.after(() => maria.drop("kuma"));
    const publish = async () => {
      const exports = await exportFrom(source);
      const fill = (into: string) => cpSync(exports, join(into, "mysql_exports"), { recursive: true });
      await publishFilesAsBash(fleet.repository, fill, { form: "exports", engine: "mysql" });
    };
    const names = async (database: string) =>
      (await maria.query(database, "SELECT id, name, `interval` FROM monitor ORDER BY id")).map((row) => ({
        ...row,
      }));
    const monitors = await names(source);
    await maria.run("kuma", "UPDATE monitor SET name = 'stale' WHERE id = 3");
    await publish();
    const env = chooseMariaDb(fleet.dataOf("replica"), port);
    const { instance } = await fleet.start("replica", "RESTORE", env);
    assert.deepEqual(await names("kuma"), monitors);

    await maria.run(
      source,
      "UPDATE monitor SET name = 'edited; ''x'' \\\\ 漢', \"interval\" = 47 WHERE id = 2",
    );
    await publish();
    const outcome = await instance.cycle();
    assert.equal(outcome.type, "applied", JSON.stringify(outcome));
    assert.deepEqual(await names("kuma"), await names(source));
    await publish();
    assert.equal((await instance.cycle()).type, "applied");
    const stops = instance.events().filter((event) => event.type === "kuma-stopping");
    assert.equal(stops.length, 1, "a snapshot without a difference stops nothing");
  });
});
