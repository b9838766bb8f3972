import assert from "node:assert/strict";
import fs, { readFileSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { catalog } from "../../src/database/catalog.ts";
import { withDatabase } from "../../src/database/sqlite/connection.ts";
import { prepareApply } from "../../src/database/write/apply.ts";
import { withFilesPrepared } from "../../src/database/write/transaction.ts";
import type { Snapshot } from "../../src/snapshot/index.ts";
import { recolour } from "./contract/support.ts";
import { changeRows, ICON, IDS, type Instance, makeInstance, png, takeSnapshot, value } from "./fixtures.ts";

const BEAT =
  "INSERT INTO heartbeat (monitor_id, status, msg, time) VALUES (2, 1, hex(randomblob(300)), '2026-01-01 00:00:00')";

/** A database that its Kuma has open, as it has: with a WAL. */
function openUsed(t: TestContext): { instance: Instance; kuma: Database.Database } {
  const instance = makeInstance(t, "2.5.3");
  const kuma = new Database(instance.file, { timeout: 0 });
  t.after(() => kuma.close());
  kuma.pragma("journal_mode = WAL");
  kuma.exec(BEAT);
  return { instance, kuma };
}

/**
 * Applies it, with something done by somebody else each time that the apply was planned. @returns how often that was
 */
function applyWhile({ file, uploadDir, version }: Instance, snapshot: Snapshot, act: () => void): number {
  let plans = 0;
  const applied = withDatabase(file, "write", (db) =>
    withFilesPrepared(db, uploadDir, () => {
      plans += 1;
      const prepared = prepareApply(db, snapshot, IDS, { uploadDir, kumaVersion: version });
      act();
      return prepared;
    }),
  );
  value(applied);
  return plans;
}

function assertApplied({ kuma }: Instance, snapshot: Snapshot): void {
  assert.deepEqual(value(kuma.read()), snapshot.content);
}

test("an apply is planned once, however many heartbeats come meanwhile", (t) => {
  const { instance, kuma } = openUsed(t);
  const snapshot = takeSnapshot(instance, recolour);
  const plans = applyWhile(instance, snapshot, () => {
    for (let beats = 0; beats < 20; beats += 1) kuma.exec(BEAT);
  });
  assert.equal(plans, 1);
  assertApplied(instance, snapshot);
});

for (const [wal, prepare] of [
  ["a WAL", "PRAGMA user_version"],
  ["an empty WAL", "PRAGMA wal_checkpoint(TRUNCATE)"],
  ["a WAL that begins anew", "PRAGMA wal_checkpoint"],
] as const)
  test(`an edit that is made while an apply is planned, with ${wal}, is overwritten as a whole`, (t) => {
    const { instance, kuma } = openUsed(t);
    const snapshot = takeSnapshot(instance, recolour);
    let isEdited = false;
    kuma.exec(prepare);
    const plans = applyWhile(instance, snapshot, () => {
      if (isEdited) return;
      isEdited = true;
      kuma.exec(`BEGIN; UPDATE monitor SET name = 'by a person'; DELETE FROM monitor_tag;
        UPDATE tag SET name = 'another'; COMMIT; ${BEAT}; ${BEAT}`);
    });
    assert.equal(plans, 2);
    assertApplied(instance, snapshot);
  });

test("an edit of any table is noticed, also of those that are not replicated but are asked", (t) => {
  const { instance, kuma } = openUsed(t);
  for (const name of [...catalog.map((entry) => entry.name), "user", "setting"]) {
    const columns = kuma.pragma(`table_info("${name}")`) as { name: string; type: string }[];
    const text = columns.find(
      ({ name: column, type }) => /char|text/i.test(type) && !/json|date|time/.test(column),
    );
    if (text === undefined) continue;
    const snapshot = takeSnapshot(instance, recolour);
    let changes = 0;
    let isEdited = false;
    const plans = applyWhile(instance, snapshot, () => {
      if (isEdited) return;
      isEdited = true;
      const edit = `UPDATE "${name}" SET "${text.name}" = hex(randomblob(4)) WHERE id = (SELECT max(id) FROM "${name}")`;
      changes = kuma.prepare(edit).run().changes;
      kuma.exec(BEAT);
    });
    assert.equal(plans, changes > 0 ? 2 : 1, name);
    assertApplied(instance, snapshot);
  }
});

test("an apply that somebody edits under all the time is planned where nobody may, in the end", (t) => {
  const { instance, kuma } = openUsed(t);
  const snapshot = takeSnapshot(instance, recolour);
  let edits = 0;
  let refused = 0;
  applyWhile(instance, snapshot, () => {
    try {
      kuma.exec(`UPDATE monitor SET name = 'edit ${edits}'`);
      edits += 1;
    } catch {
      refused += 1;
    }
  });
  assert.deepEqual({ edits, refused }, { edits: 5, refused: 1 });
  assertApplied(instance, snapshot);
});

test("an icon is written before the rows are, and is as it was when they cannot be", (t) => {
  const { instance, kuma } = openUsed(t);
  const icon = () => readFileSync(join(instance.uploadDir, "logo1.png"));
  const snapshot = takeSnapshot(instance, (content) => ({
    ...changeRows(content, "status_page", (rows) => rows.map((row) => ({ ...row, title: "edited" }))),
    files: [{ name: "logo1.png", bytes: png("edited") }],
  }));
  const seen: Buffer[] = [];
  // What was written for the first plan must not be taken for what was here before, or the undo would bring it back.
  applyWhile(instance, snapshot, () => {
    seen.push(icon());
    if (seen.length === 1) kuma.exec("UPDATE status_page SET title = 'by a person'");
  });
  assert.deepEqual(seen, [ICON, ICON]);
  assert.deepEqual(icon(), png("edited"));
  value(instance.kuma.rollBack());
  assert.deepEqual(icon(), ICON);

  kuma.exec("CREATE TRIGGER refuse BEFORE UPDATE ON tag BEGIN SELECT RAISE(ABORT, 'no'); END");
  writeFileSync(join(instance.uploadDir, "logo1.png"), ICON);
  const refused = instance.kuma.apply({ ...snapshot, content: recolour(snapshot.content) }, IDS);
  assert.equal(refused.ok, false);
  assert.deepEqual(icon(), ICON);
});

test("a change is on the disk when it is told to be made, and nobody who writes waits for the disk", (t) => {
  const { instance, kuma } = openUsed(t);
  const snapshot = takeSnapshot(instance, recolour);
  const seen: unknown[] = [];
  const mocked = t.mock.method(fs, "fsyncSync", (descriptor: number) => {
    if (fs.readlinkSync(`/proc/self/fd/${descriptor}`) !== `${instance.file}-wal`) return;
    seen.push(kuma.prepare("SELECT snapshot_id FROM replicator_apply").pluck().get());
    kuma.exec(BEAT);
    seen.push("a heartbeat is written");
  });
  syncBuiltinESMExports();
  try {
    value(instance.kuma.apply(snapshot, IDS));
  } finally {
    mocked.mock.restore();
    syncBuiltinESMExports();
  }
  assert.deepEqual(seen, [IDS.snapshotId, "a heartbeat is written"]);
});
