import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, before, beforeEach, describe, it } from "node:test";
import { catalog } from "../../src/database/catalog.ts";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { contentHash, encodeSnapshot } from "../../src/snapshot/index.ts";
import { differing, readState } from "../support/database-state.ts";
import { type Fleet, openFleet } from "../support/fleet.ts";
import { ensureBuilt } from "../support/install/build.ts";
import { projectFolder } from "../support/paths.ts";
import { createAuthor, makeRepository, never, restic } from "../support/repository.ts";
import { untilEqual } from "../support/scenarios.ts";
import { change, edit, fillData, takeSnapshot } from "../support/source-data.ts";
import type { SupervisorNamespace } from "../support/supervisor-namespace.ts";
import { waitFor } from "../support/wait.ts";

let fleet: Fleet;

before(ensureBuilt);
beforeEach(async () => {
  fleet = await openFleet("chain");
});
afterEach(() => fleet.close());

const dataOf = (name: string) => fleet.dataOf(name);

const start: Fleet["start"] = (...args) => fleet.start(...args);

/** A primary that has published. */
async function startPrimary(): Promise<SupervisorNamespace> {
  fillData(dataOf("primary"));
  const { instance, outcome } = await start("primary", "BACKUP");
  assert.equal(outcome.type, "published");
  return instance;
}

/** A replica that has applied the latest. */
async function startReplica(): Promise<SupervisorNamespace> {
  return startReplicaOf("primary");
}

async function startReplicaOf(name: string): Promise<SupervisorNamespace> {
  fillData(dataOf("replica"));
  const { instance } = await start("replica", "RESTORE");
  await untilEqual(instance, readState(dataOf(name)));
  return instance;
}

/** A data folder as a new Uptime Kuma leaves it: no row was ever made in the replicated tables. */
function makeNew(name: string): void {
  fillData(dataOf(name));
  change(dataOf(name), [
    "PRAGMA foreign_keys = OFF",
    ...catalog.map((table) => `DELETE FROM "${table.name}"`),
    "DELETE FROM sqlite_sequence",
  ]);
}

/** A person edits on the primary, which publishes that. */
async function publishNext(primary: SupervisorNamespace, version: number): Promise<void> {
  edit(primary.dataDir, version);
  assert.equal((await primary.cycle()).type, "published");
}

function insistFailed(outcome: ReplicatorEvent, code: string): void {
  assert.ok(outcome.type === "cycle-failed", JSON.stringify(outcome));
  assert.equal(outcome.problem.code, code);
}

async function listSnapshots() {
  const listed = await createAuthor(fleet.repository, "observer").repository.list(never);
  assert.ok(listed.ok);
  return listed.value;
}

async function latestOf() {
  const latest = (await listSnapshots()).at(-1);
  assert.ok(latest);
  return latest;
}

const addNotification = (dataDir: string, name: string) =>
  change(dataDir, [
    `INSERT INTO notification (name, active, user_id, is_default, config) VALUES ('${name}', 1, 1, 0, '{}')`,
  ]);

describe("a primary and what its user does", () => {
  it("publishes the first steps in a new Kuma, without a monitor yet, and undoes none of them", async () => {
    makeNew("primary");
    const { instance, outcome } = await start("primary", "BACKUP");
    assert.equal(outcome.type, "unchanged");
    for (const name of ["first", "second", "third"]) {
      addNotification(instance.dataDir, name);
      const mine = readState(instance.dataDir);
      assert.equal((await instance.cycle()).type, "published");
      assert.deepEqual(differing(readState(instance.dataDir), mine), []);
    }
    assert.ok(instance.events().every(({ type }) => type !== "kuma-stopping"));
  });

  it("leaves it at that when all monitors were removed on purpose, across a restart, too", async () => {
    const primary = await startPrimary();
    change(primary.dataDir, ["DELETE FROM monitor"]);
    assert.equal((await primary.cycle()).type, "published");
    await primary.stop();
    addNotification(primary.dataDir, "another");
    const mine = readState(primary.dataDir);
    const { instance, outcome } = await start("primary", "BACKUP");
    assert.equal(outcome.type, "published");
    assert.deepEqual(differing(readState(instance.dataDir), mine), []);
  });

  it("restores the latest when the database alone was lost, and its memory is elsewhere", async () => {
    fillData(dataOf("primary"));
    const state = { REPLICATOR_STATE_DIR: join(fleet.folder, "state") };
    const first = await start("primary", "BACKUP", state);
    assert.equal(first.outcome.type, "published");
    const wanted = readState(dataOf("primary"));
    await first.instance.stop();
    rmSync(dataOf("primary"), { recursive: true });
    makeNew("primary");
    cpSync(join(dataOf("primary"), "upload"), join(fleet.folder, "upload"), { recursive: true });
    const { instance, outcome } = await start("primary", "BACKUP", state);
    assert.equal(outcome.type, "applied");
    await untilEqual(instance, wanted);
  });
});

describe("a chain that has lost its end", () => {
  it("is gone on with by the primary, and followed by the replicas, when the newest was forgotten", async () => {
    const primary = await startPrimary();
    await publishNext(primary, 1);
    const replica = await startReplica();
    await restic(fleet.repository, ["forget", (await latestOf()).id]);
    insistFailed(await replica.cycle(), "repository-went-back");
    await publishNext(primary, 2);
    assert.equal((await latestOf()).generation, 3);
    assert.equal((await replica.cycle()).type, "applied");
  });

  it("is the same with a repository that was put back from a copy: no replica goes back by itself", async () => {
    const primary = await startPrimary();
    cpSync(fleet.repository, join(fleet.folder, "copy"), { recursive: true });
    for (const version of [1, 2]) await publishNext(primary, version);
    await startReplica();
    const mine = readState(dataOf("replica"));
    rmSync(fleet.repository, { recursive: true });
    cpSync(join(fleet.folder, "copy"), fleet.repository, { recursive: true });
    await fleet.instances[1]?.stop();
    const replica = await start("replica", "RESTORE");
    insistFailed(replica.outcome, "repository-went-back");
    assert.deepEqual(differing(readState(dataOf("replica")), mine), []);

    // The primary looks at the repository at its start, and puts what it holds there, though nothing has changed.
    await primary.stop();
    const again = await start("primary", "BACKUP");
    assert.equal(again.outcome.type, "published");
    assert.equal((await latestOf()).generation, 4);
    await replica.instance.cycle();
    await untilEqual(replica.instance, readState(dataOf("primary")));
  });
});

describe("a repository that is gone or empty", () => {
  it("is a failure for whoever has published or applied, and is not made anew", async () => {
    const primary = await startPrimary();
    const replica = await startReplica();
    rmSync(fleet.repository, { recursive: true });
    insistFailed(await replica.cycle(), "repository-gone");
    edit(primary.dataDir, 1);
    insistFailed(await primary.cycle(), "repository-gone");
    assert.equal(existsSync(fleet.repository), false);

    // An empty mount point is the same, also at a start.
    mkdirSync(fleet.repository);
    await primary.stop();
    const again = await start("primary", "BACKUP");
    insistFailed(again.outcome, "repository-gone");
    assert.equal(existsSync(join(fleet.repository, "config")), false);

    rmSync(fleet.repository, { recursive: true });
    await makeRepository(fleet.repository);
    insistFailed(await again.instance.cycle(), "snapshots-gone");
    insistFailed(await replica.cycle(), "snapshots-gone");
    assert.deepEqual(await listSnapshots(), []);
  });

  it("is nothing but a beginning for those who have not", async () => {
    rmSync(fleet.repository, { recursive: true });
    fillData(dataOf("replica"));
    const replica = await start("replica", "RESTORE");
    assert.equal(replica.outcome.type, "nothing-published-yet");
    await startPrimary();
    await replica.instance.cycle();
    await untilEqual(replica.instance, readState(dataOf("primary")));
  });
});

describe("an old snapshot", () => {
  it("does not become the latest when the clock was set back and its child was forgotten", async () => {
    const primary = await startPrimary();
    for (const version of [1, 2]) await publishNext(primary, version);
    const [, old, last] = await listSnapshots();
    assert.ok(old && last);
    // The clock ran ahead by a day when the second was taken, and the first that followed it was forgotten since.
    const tomorrow = new Date(Date.now() + 24 * 60 * 60_000).toISOString().slice(0, 19).replace("T", " ");
    const bytes = await restic(fleet.repository, ["dump", old.id, "/replicator-kuma.jsonl"]);
    const tags = [
      ...["replicator-kuma", `content:${old.contentHash}`, `instance:${old.instanceId}`],
      ...[`generation:${old.generation}`, `parent:${old.parent}`],
    ].map((tag) => `--tag=${tag}`);
    const again = ["backup", "-q", "--stdin", "--stdin-filename=replicator-kuma.jsonl", `--time=${tomorrow}`];
    await restic(fleet.repository, [...again, "--host=primary", ...tags], Buffer.from(`${bytes}\n`));
    await restic(fleet.repository, ["forget", old.id]);
    await startReplica();
    assert.equal((await latestOf()).id, last.id);
    await publishNext(primary, 3);
  });
});

describe("two primaries that publish onto the same snapshot at once", () => {
  it("the later of the two is the latest, and the other is told in each cycle, also when nothing changes here", async () => {
    const primary = await startPrimary();
    const parent = (await latestOf()).id;
    await publishNext(primary, 1);
    fillData(dataOf("other"));
    edit(dataOf("other"), 2);
    const snapshot = takeSnapshot(dataOf("other"), "other");
    const { repository: place } = createAuthor(fleet.repository, "other");
    const request = {
      contentHash: contentHash(snapshot.content),
      instanceId: "other",
      parent,
      generation: 2,
    };
    const raced = await place.publish({ stream: encodeSnapshot(snapshot), ...request }, never);
    assert.ok(raced.ok);
    await primary.stop();
    const again = await start("primary", "BACKUP");
    insistFailed(again.outcome, "other-primary");
    insistFailed(await again.instance.cycle(), "other-primary");
    await startReplicaOf("other");
  });
});

describe("an apply that no start could prove", () => {
  it("is proven by a Kuma that runs with it, once it had to migrate first", async () => {
    await startPrimary();
    const replica = await startReplica();
    await replica.stop();
    change(dataOf("replica"), ["UPDATE replicator_apply SET proven = 0"]);
    // An update of the image brings a migration that Kuma has not made yet.
    const kumaDir = join(fleet.folder, "kuma");
    cpSync(join(projectFolder, "test/fixtures/kuma"), kumaDir, { recursive: true });
    writeFileSync(join(kumaDir, "db/knex_migrations/2099-01-01-0000-new.js"), "");
    // Nothing of the repository can help.
    const RESTIC_REPOSITORY = join(fleet.folder, "unreachable");
    await fleet.open("replica", "RESTORE", { KUMA_DIR: kumaDir, RESTIC_REPOSITORY });
    await waitFor("the proof", () => readState(dataOf("replica")).proven || undefined);
  });
});
