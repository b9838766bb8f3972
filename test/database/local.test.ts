import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import fc from "fast-check";
import { catalog } from "../../src/database/catalog.ts";
import { openSqlite } from "../../src/database/index.ts";
import { contentHash } from "../../src/snapshot/index.ts";
import { dump, IDS, type Instance, makeInstance, query, sql, takeSnapshot, value } from "./fixtures.ts";

const LOCAL_FROM = 1_000_000_000n;

/** What people make; the rest only connects. */
const MADE = catalog
  .filter(({ references = [] }) => references.every(({ dangling }) => dangling !== "row goes"))
  .map(({ name }) => name);

interface Step {
  /** "apply" and "promote" look at nothing else. */
  readonly on: "primary" | "replica" | "apply" | "promote";
  readonly do: "copy" | "update" | "delete" | "slug";
  readonly table: string;
  /** Which row, and which other one it is tied to, as a part of all there are. */
  readonly row: number;
  readonly other: number;
}

const part = fc.double({ min: 0, max: 0.999, noNaN: true });
const step: fc.Arbitrary<Step> = fc.record({
  on: fc.oneof(
    { weight: 3, arbitrary: fc.constant("primary" as const) },
    { weight: 6, arbitrary: fc.constant("replica" as const) },
    { weight: 3, arbitrary: fc.constant("apply" as const) },
    { weight: 1, arbitrary: fc.constant("promote" as const) },
  ),
  do: fc.constantFrom<Step["do"]>("copy", "copy", "copy", "update", "delete", "slug"),
  table: fc.constantFrom(...catalog.map(({ name }) => name)),
  row: part,
  other: part,
});

test("whatever is edited on both sides, applied and promoted, no local row is lost and no shared one shadowed", (t) => {
  let [applied, kept, promoted] = [0, 0, 0];
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 40, size: "max" }), (steps) => {
      let primary = as(makeInstance(t, "2.5.3"), false);
      let replica = as(makeInstance(t, "2.5.3"), true);
      apply(primary, replica);
      for (const each of [...steps, { ...steps[0], on: "apply" } as Step]) {
        if (each.on === "primary") edit(primary, each);
        if (each.on === "replica") edit(replica, each);
        if (each.on === "apply") {
          kept += apply(primary, replica);
          applied += 1;
        }
        if (each.on !== "promote") continue;
        apply(primary, replica);
        promote(replica);
        [primary, replica] = [as(replica, false), as(primary, true)];
        apply(primary, replica);
        promoted += 1;
      }
    }),
    { numRuns: 8 },
  );
  assert.ok(
    applied > 0 && kept > 0 && promoted > 0,
    `${applied} applied, ${kept} kept, ${promoted} promoted`,
  );
});

test("whatever a stand-alone holds stays beside its first snapshot, and an undo gives it back", (t) => {
  let kept = 0;
  const steps = fc.array(step, { minLength: 5, maxLength: 25, size: "max" });
  fc.assert(
    fc.property(steps, fc.boolean(), (edits, wasLocalBefore) => {
      const primary = as(makeInstance(t, "2.5.3"), false);
      const replica = as(makeInstance(t, "2.5.3"), true);
      if (wasLocalBefore)
        sql(replica, `UPDATE sqlite_sequence SET seq = ${LOCAL_FROM + 6n} WHERE name <> 'heartbeat'`);
      for (const each of edits) edit(each.on === "primary" ? primary : replica, each);
      const snapshot = takeSnapshot(primary);
      const [before, own, beats] = [dump(replica), counts(replica), historyOf(replica)];
      value(replica.kuma.apply(snapshot, { ...IDS, keepsAll: true }));
      const after = counts(replica);
      for (const [at, { name }] of catalog.entries())
        if (MADE.includes(name))
          assert.equal(
            after[at],
            (own[at] ?? 0n) +
              BigInt(snapshot.content.tables.find((each) => each.name === name)?.rows.length ?? 0),
            name,
          );
      assert.equal(value(replica.kuma.hash()), contentHash(snapshot.content));
      assert.equal(value(replica.kuma.plan(snapshot)).empty, true);
      assert.deepEqual(broken(replica), []);
      assert.deepEqual(historyOf(replica), beats);
      value(replica.kuma.rollBack());
      assert.deepEqual(withoutCounters(dump(replica)), withoutCounters(before));
      kept += localIds(replica).length;
    }),
    { numRuns: 8 },
  );
  assert.ok(kept > 0, "some had ids of their own before");
});

function as(instance: Instance, keepsLocal: boolean): Instance {
  const { file, uploadDir, version } = instance;
  return { ...instance, kuma: openSqlite({ file, uploadDir, kumaVersion: version, rules: { keepsLocal } }) };
}

/** Applies what the primary has. @returns how many local rows stayed */
function apply(primary: Instance, replica: Instance): number {
  const snapshot = takeSnapshot(primary);
  const [before, present] = [localIds(replica), dump(replica)];
  const planned = value(replica.kuma.apply(snapshot, IDS));
  assert.deepEqual(localIds(replica), before);
  assert.equal(value(replica.kuma.hash()), contentHash(snapshot.content));
  assert.equal(contentHash(value(replica.kuma.read())), contentHash(snapshot.content));
  assert.equal(value(replica.kuma.plan(snapshot)).empty, true);
  if (!planned.empty) {
    value(replica.kuma.rollBack());
    assert.deepEqual(withoutCounters(dump(replica)), withoutCounters(present));
    value(replica.kuma.apply(snapshot, IDS));
  }
  assert.deepEqual(broken(replica), []);
  return before.length;
}

/** What was local is everybody's, with the same number of rows and with its history. */
function promote(replica: Instance): void {
  const before = counts(replica);
  value(replica.kuma.takeOver());
  assert.deepEqual(localIds(replica), []);
  assert.deepEqual(counts(replica), before);
  assert.deepEqual(broken(replica), []);
  const [raised] = query(
    replica,
    `SELECT count(*) AS n FROM sqlite_sequence WHERE seq >= ${LOCAL_FROM - 1n}`,
  );
  assert.equal(raised?.n, 0n);
}

function localIds(instance: Instance): string[] {
  return MADE.flatMap((table) =>
    query(instance, `SELECT id FROM "${table}" WHERE id >= ${LOCAL_FROM} ORDER BY id`).map(
      ({ id }) => `${table} ${id}`,
    ),
  );
}

function counts(instance: Instance): bigint[] {
  return catalog.map(({ name }) =>
    BigInt(String(query(instance, `SELECT count(*) AS n FROM "${name}"`)[0]?.n)),
  );
}

/** How many heartbeats the monitor of each name has. */
function historyOf(instance: Instance): unknown[] {
  return query(
    instance,
    "SELECT name, count(*) AS n FROM monitor JOIN heartbeat ON monitor_id = monitor.id GROUP BY monitor.id ORDER BY name, n",
  );
}

function broken(instance: Instance): unknown[] {
  return query(instance, "SELECT * FROM pragma_foreign_key_check").filter(
    ({ table }) => !/^(heartbeat|stat_\w+|monitor_tls_info)$/.test(String(table)),
  );
}

/** They are raised at the first apply, and stay so. */
function withoutCounters({ sqlite_sequence: _, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return rest;
}

/** As Kuma would: foreign keys on, and what a rule of the schema forbids does not happen. */
function edit(instance: Instance, { do: what, table, row, other }: Step): void {
  const db = new Database(instance.file, { fileMustExist: true });
  try {
    editRow(db, { do: what, table, row, other });
  } catch (error) {
    if (!(error instanceof Database.SqliteError) || !error.code.startsWith("SQLITE_CONSTRAINT")) throw error;
  } finally {
    db.close();
  }
}

function editRow(db: Database.Database, { do: what, table, row, other }: Omit<Step, "on">): void {
  const pick = (name: string, at: number) => {
    const ids = db.prepare<[], number>(`SELECT id FROM "${name}" ORDER BY id`).pluck().all();
    return ids[Math.floor(at * ids.length)];
  };
  const id = pick(table, row);
  if (id === undefined) return;
  if (what === "delete") remove(db, table, id);
  if (what === "slug")
    db.prepare("UPDATE status_page SET slug = ? WHERE id = ?").run(
      `slug-${Math.floor(other * 3)}`,
      pick("status_page", row) ?? 0,
    );
  const references = catalog.find(({ name }) => name === table)?.references ?? [];
  const columns = db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);
  if (what === "copy") {
    const names = columns.filter((name) => name !== "id").map((name) => `"${name}"`);
    const unique = names.map((name) =>
      name === '"slug"' || name === '"domain"' ? `hex(randomblob(4))` : name,
    );
    const { lastInsertRowid } = db
      .prepare(`INSERT INTO "${table}" (${names}) SELECT ${unique} FROM "${table}" WHERE id = ?`)
      .run(id);
    for (const { column, parent } of references)
      db.prepare(`UPDATE "${table}" SET "${column}" = ? WHERE id = ?`).run(
        pick(parent, other) ?? null,
        lastInsertRowid,
      );
  }
  const { column, parent } = references[0] ?? {};
  if (what === "update" && column !== undefined && parent !== undefined)
    db.prepare(`UPDATE "${table}" SET "${column}" = ? WHERE id = ?`).run(pick(parent, other) ?? null, id);
}

/** Kuma itself deletes what belongs to a status page: there is no foreign key. */
function remove(db: Database.Database, table: string, id: number): void {
  for (const child of table === "status_page" ? ["group", "incident"] : [])
    db.prepare(`DELETE FROM "${child}" WHERE status_page_id = ?`).run(id);
  db.prepare(`DELETE FROM "${table}" WHERE id = ?`).run(id);
}
