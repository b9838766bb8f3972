import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, before, beforeEach, describe, it } from "node:test";
import Database from "better-sqlite3";
import { catalog } from "../../src/database/catalog.ts";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { publishAsBash, publishFilesAsBash } from "../support/bash-publisher.ts";
import { type Fleet, openFleet } from "../support/fleet.ts";
import { ensureBuilt } from "../support/install/build.ts";
import { projectFolder } from "../support/paths.ts";
import { createAuthor, never, restic } from "../support/repository.ts";
import { readReplicatedTables } from "../support/rows.ts";
import { change } from "../support/source-data.ts";
import type { SupervisorNamespace } from "../support/supervisor-namespace.ts";
import { waitFor } from "../support/wait.ts";

let fleet: Fleet;

before(ensureBuilt);
beforeEach(async () => {
  fleet = await openFleet("bash");
  fill("old", "2.3.2");
});
afterEach(() => fleet.close());

const file = (name: string) => join(fleet.dataOf(name), "kuma.db");

function fill(name: string, version: string): void {
  mkdirSync(join(fleet.dataOf(name), "upload"), { recursive: true });
  copyFileSync(join(projectFolder, `test/fixtures/kuma-dbs/${version}.db`), file(name));
}

/** A data folder as a new Uptime Kuma leaves it: no row was ever made in the replicated tables. */
function fillNew(name: string, version = "2.5.3"): void {
  fill(name, version);
  change(fleet.dataOf(name), [
    "PRAGMA foreign_keys = OFF",
    ...catalog.map((table) => `DELETE FROM "${table.name}"`),
    "DELETE FROM sqlite_sequence",
  ]);
}

/** The old primary publishes what it has, in the form of the version for Uptime Kuma 2. */
const publish = (seed = false, time = new Date()) =>
  publishAsBash(fleet.repository, file("old"), { form: "exports", seed }, { time });

const editOld = (name: string) =>
  change(fleet.dataOf("old"), [`UPDATE monitor SET name = '${name}' WHERE id = 2`]);

/**
 * Rows of an instance by the tables and columns that a bash version speaks of; not the Docker hosts that monitors use.
 */
function rows(name: string): Record<string, unknown[]> {
  const silent = ["docker_host", "status_page_cname"];
  const db = new Database(file("old"), { readonly: true });
  try {
    return Object.fromEntries(
      Object.entries(readReplicatedTables(file(name)))
        .filter(([table]) => !silent.includes(table))
        .map(([table, { columns, rows: all }]) => {
          const known = db
            .prepare<[string], string>("SELECT name FROM pragma_table_info(?)")
            .pluck()
            .all(table);
          const shared = columns
            .filter((column) => known.includes(column) && column !== "docker_host")
            .sort();
          return [table, all.map((row) => shared.map((column) => row[columns.indexOf(column)]))];
        }),
    );
  } finally {
    db.close();
  }
}

const applied = (instance: SupervisorNamespace) => instance.events().filter(({ type }) => type === "applied");
const stops = (instance: SupervisorNamespace) =>
  instance.events().filter((event) => event.type === "kuma-stopping" && event.reason === "apply").length;

/** Whether the primary with the empty volume holds something by now. */
function isApplied(): boolean {
  const db = new Database(file("primary"), { readonly: true });
  try {
    return db.prepare("SELECT 1 FROM monitor LIMIT 1").get() !== undefined;
  } finally {
    db.close();
  }
}

function insistFailed(outcome: ReplicatorEvent, code: string): void {
  assert.ok(outcome.type === "cycle-failed", JSON.stringify(outcome));
  assert.equal(outcome.problem.code, code);
}

async function listed() {
  const list = await createAuthor(fleet.repository, "observer").repository.listAll(never);
  assert.ok(list.ok);
  return list.value;
}

describe("a repository of a bash version", () => {
  it("is moved over replicas first, primary last, and nobody restarts in vain", async () => {
    await publish(true);
    fill("replica", "2.3.2");
    change(fleet.dataOf("replica"), ["UPDATE monitor SET name = 'stale' WHERE id = 3"]);
    const { instance: replica } = await fleet.start("replica", "RESTORE");
    assert.deepEqual(rows("replica"), rows("old"));

    // The old primary goes on, and its next snapshot has the other layout.
    editOld("edited once");
    await publish();
    assert.equal((await replica.cycle()).type, "applied");
    assert.deepEqual(rows("replica"), rows("old"));
    const stopped = stops(replica);

    // What Uptime Kuma writes by itself makes a bash version publish; nothing is to be applied.
    change(fleet.dataOf("old"), ["UPDATE monitor SET dns_last_result = 'other' WHERE type = 'dns'"]);
    await publish();
    await replica.cycle();
    assert.equal((await replica.cycle()).type, "unchanged");
    assert.equal(stops(replica), stopped);

    fillNew("second");
    const { instance: second } = await fleet.start("second", "RESTORE");
    assert.deepEqual(rows("second"), rows("old"));
    const [first] = applied(second);
    assert.match(
      first?.type === "applied" ? first.notes.join(" ") : "",
      /table monitor: docker_host left empty/,
    );

    const { outcome } = await fleet.start("old", "BACKUP");
    assert.equal(outcome.type, "published");
    for (const each of [replica, second]) await each.cycle();
    const ours = (await listed()).snapshots.at(-1);
    for (const each of [replica, second]) {
      const last = applied(each).at(-1);
      assert.equal(last?.type === "applied" && last.snapshot.id, ours?.id);
    }
    assert.equal(stops(replica), stopped, "the replica had all of it");
    assert.equal(stops(second), 1, "domains and Docker hosts came along");
    for (const each of ["docker_host", "status_page_cname"])
      assert.deepEqual(readReplicatedTables(file("second"))[each], readReplicatedTables(file("old"))[each]);
    assert.equal((await replica.cycle()).type, "unchanged");

    // A bash version that publishes still is reported, once, and not applied.
    const before = rows("replica");
    const later = await publish(false, new Date(Date.now() + 10 * 60_000));
    for (const each of [replica, second])
      for (let round = 0; round < 2; round += 1) assert.equal((await each.cycle()).type, "unchanged");
    const reports = replica.events().filter(({ type }) => type === "bash-publishes");
    assert.deepEqual(
      reports.map((event) => event.type === "bash-publishes" && event.snapshotId),
      [later],
    );
    assert.deepEqual(rows("replica"), before);
  });

  it("gives a primary with an empty volume its configuration back before it publishes", async () => {
    await publish();
    fillNew("primary");
    const { instance } = await fleet.start("primary", "BACKUP");
    await instance.untilLogged("applied");
    assert.deepEqual(rows("primary"), rows("old"));
    assert.deepEqual((await listed()).snapshots, []);
    assert.equal((await instance.cycle()).type, "published");
    assert.equal((await listed()).snapshots.length, 1);
  });

  it("is taken over though the primary is killed once its first snapshot is stored", async () => {
    await publish();
    fill("replica", "2.3.2");
    const { instance: replica } = await fleet.start("replica", "RESTORE");
    const killed = await fleet.open("old", "BACKUP");
    await waitFor("it in the repository", async () => (await listed()).snapshots.length > 0 || undefined, {
      every: 5,
    });
    await killed.kill();
    await replica.cycle();
    assert.deepEqual(rows("replica"), rows("old"));
    const { instance } = await fleet.start("old", "BACKUP");
    assert.equal((await instance.cycle()).type, "unchanged");
    const { snapshots } = await listed();
    assert.equal(snapshots.length, 1, "published once");
    await replica.cycle();
    assert.equal((await replica.cycle()).type, "unchanged");
    const last = applied(replica).at(-1);
    assert.equal(last?.type === "applied" && last.snapshot.id, snapshots[0]?.id);
    assert.deepEqual(rows("replica"), rows("old"));
  });

  it("is not lost though a primary with an empty volume is killed once it is applied", async () => {
    await publish();
    fillNew("primary");
    const killed = await fleet.open("primary", "BACKUP");
    await waitFor("rows", () => (stops(killed) > 0 && isApplied()) || undefined, { every: 5 });
    await killed.kill();
    assert.deepEqual((await listed()).snapshots, []);
    const { instance } = await fleet.start("primary", "BACKUP");
    const publishes = async () => (await instance.cycle()).type === "published" || undefined;
    await waitFor(
      "its first publish",
      async () => (await listed()).snapshots.length > 0 || (await publishes()) || undefined,
    );
    assert.deepEqual(rows("primary"), rows("old"));
    const { snapshots } = await listed();
    assert.equal(snapshots.length, 1);
    fillNew("second");
    await fleet.start("second", "RESTORE");
    assert.deepEqual(rows("second"), rows("old"));
  });

  it("is left alone by a primary that a person has emptied since", async () => {
    await publish();
    fillNew("primary");
    const { instance } = await fleet.start("primary", "BACKUP");
    await instance.untilLogged("applied");
    change(instance.dataDir, [
      "PRAGMA foreign_keys = OFF",
      ...catalog.map((table) => `DELETE FROM "${table.name}"`),
    ]);
    assert.equal((await instance.cycle()).type, "unchanged");
    assert.equal(applied(instance).length, 1);
  });

  it("may be thinned out by hand meanwhile", async () => {
    const first = await publish();
    fill("replica", "2.3.2");
    const { instance } = await fleet.start("replica", "RESTORE");
    editOld("edited");
    await publish();
    await restic(fleet.repository, ["forget", "--quiet", first]);
    assert.equal((await instance.cycle()).type, "applied");
    assert.deepEqual(rows("replica"), rows("old"));
  });

  it("is refused where the export had failed, and the one before stays", async () => {
    await publish();
    fill("replica", "2.3.2");
    const { instance } = await fleet.start("replica", "RESTORE");
    const before = rows("replica");
    editOld("edited");
    await publishFilesAsBash(fleet.repository, (folder) => mkdirSync(join(folder, "sqlite_exports")), {
      form: "exports",
    });
    insistFailed(await instance.cycle(), "bash-snapshot-incomplete");
    assert.deepEqual(rows("replica"), before);
    await publish();
    assert.equal((await instance.cycle()).type, "applied");
  });

  it("does not take a configuration of its own from a replica", async () => {
    await publish();
    fill("replica", "2.5.3");
    change(fleet.dataOf("replica"), [
      "UPDATE monitor SET name = 'own ' || id, url = 'http://own.example/', hostname = 'own.example'",
    ]);
    const { outcome } = await fleet.start("replica", "RESTORE");
    insistFailed(outcome, "not-adopted");
  });

  it("moves from Uptime Kuma 1.23 to 2.5 as well: replicas of 2.5 follow its dumps", async () => {
    rmSync(fleet.dataOf("old"), { recursive: true });
    fill("old", "1.23.17");
    await publishAsBash(fleet.repository, file("old"), { form: "dump" });
    fill("replica", "2.5.3");
    const { instance } = await fleet.start("replica", "RESTORE");
    change(fleet.dataOf("old"), ["UPDATE tag SET name = 'edited'"]);
    await publishAsBash(fleet.repository, file("old"), { form: "dump", indexes: true });
    assert.equal((await instance.cycle()).type, "applied");
    const names = new Database(file("replica"), { readonly: true });
    assert.deepEqual(names.prepare("SELECT DISTINCT name FROM tag").pluck().all(), ["edited"]);
    names.close();
  });
});
