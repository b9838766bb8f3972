import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import fc from "fast-check";
import { catalog, historyTables } from "../../src/database/catalog.ts";
import type { PlanSummary } from "../../src/database/index.ts";
import { contentHash } from "../../src/snapshot/index.ts";
import { dump, IDS, type Instance, isPrivate, makeInstance, query, takeSnapshot, value } from "./fixtures.ts";

interface Edit {
  /** "another": all aspects of a monitor become others, so that its id belongs to something else. */
  readonly do: "update" | "swap" | "delete" | "copy" | "another";
  readonly table: string;
  /** Which row and which column, as a part of all there are. */
  readonly row: number;
  readonly column: number;
  readonly text: string;
}

const part = fc.double({ min: 0, max: 0.999, noNaN: true });
const edit: fc.Arbitrary<Edit> = fc.record({
  do: fc.constantFrom<Edit["do"]>("update", "update", "swap", "delete", "copy", "another"),
  table: fc.constantFrom(...catalog.map(({ name }) => name)),
  row: part,
  column: part,
  text: fc.oneof(fc.string(), fc.nat(9).map(String)),
});

test("whatever is edited arrives, and is undone to the last row", (t) => {
  let changed = 0;
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 25 }), (edits) => {
      const [primary, replica] = [makeInstance(t, "2.5.3"), makeInstance(t, "2.5.3")];
      const before = dump(replica);
      makeEdits(primary, edits);
      const snapshot = takeSnapshot(primary);
      const planned = value(replica.kuma.apply(snapshot, IDS));
      if (!planned.empty) changed += 1;
      assert.equal(contentHash(value(replica.kuma.read())), contentHash(snapshot.content));
      const isElse = (table: string) => isUntouched(table) && !historyTables.includes(table);
      assert.deepEqual(pick(dump(replica), isElse), pick(before, isElse));
      assert.deepEqual(strayBeats(replica, planned), []);
      value(replica.kuma.confirm());
      value(replica.kuma.rollBack());
      assert.deepEqual(dump(replica), before);
    }),
    { numRuns: 25 },
  );
  assert.ok(changed > 0, "none of the edits changed anything");
});

test("whatever people edit after an apply, undoing it leaves nothing that refers to nothing", (t) => {
  let undone = 0;
  const edits = fc.array(edit, { minLength: 1, maxLength: 15 });
  fc.assert(
    fc.property(edits, edits, (published, since) => {
      const [primary, replica] = [makeInstance(t, "2.5.3"), makeInstance(t, "2.5.3")];
      const before = broken(replica);
      makeEdits(primary, published);
      value(replica.kuma.apply(takeSnapshot(primary), IDS));
      value(replica.kuma.confirm());
      makeEdits(replica, since);
      const present = dump(replica);
      const previewed = replica.kuma.previewRollBack();
      assert.deepEqual(dump(replica), present);
      const result = replica.kuma.rollBack();
      assert.equal(previewed.ok, result.ok);
      if (!result.ok) {
        assert.match(result.problem.message, /cannot be undone.*UNIQUE/);
        assert.deepEqual(dump(replica), present);
        return;
      }
      undone += 1;
      assert.deepEqual(
        broken(replica).filter((row) => !before.includes(row)),
        [],
      );
      const expected = previewed.ok ? previewed.value?.after : undefined;
      if (expected) assert.equal(contentHash(value(replica.kuma.read())), contentHash(expected));
    }),
    { numRuns: 25 },
  );
  assert.ok(undone > 0, "none could be undone");
});

/** What SQLite itself finds to refer to nothing. */
function broken(instance: Instance): string[] {
  return query(
    instance,
    "SELECT \"table\" || ' ' || rowid || ' ' || parent AS name FROM pragma_foreign_key_check",
  )
    .map(({ name }) => String(name))
    .filter((name) => !/^(heartbeat|stat_\w+|monitor_tls_info) /.test(name));
}

/** Heartbeats of monitors that the apply added: of what had the id before. */
function strayBeats(instance: Instance, { changes }: PlanSummary): unknown[] {
  if (!changes.monitor?.added) return [];
  return query(
    instance,
    "SELECT h.id FROM heartbeat h JOIN monitor m ON m.id = h.monitor_id WHERE m.type = 'another type'",
  );
}

/** As Kuma would: foreign keys on, and what a rule of the schema forbids does not happen. */
function makeEdits(instance: Instance, edits: readonly Edit[]): void {
  const db = new Database(instance.file, { fileMustExist: true });
  for (const each of edits) makeEdit(db, each);
  db.close();
}

function makeEdit(db: Database.Database, { do: what, table, row, column, text }: Edit): void {
  const ids = db.prepare<[], number>(`SELECT id FROM "${table}" ORDER BY id`).pluck().all();
  const columns = db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);
  const others = columns.filter((name) => name !== "id");
  const id = ids[Math.floor(row * ids.length)];
  const name = others[Math.floor(column * others.length)] ?? "";
  if (id === undefined) return;
  try {
    switch (what) {
      case "update":
        db.prepare(`UPDATE OR IGNORE "${table}" SET "${name}" = ? WHERE id = ?`).run(text, id);
        break;
      case "swap":
        swap(db, table, name, [id, ids.at(-1) ?? id]);
        break;
      case "another":
        db.exec(`UPDATE monitor SET type = 'another type', name = 'another name', url = 'https://another.example',
          hostname = 'another.example', docker_container = '', push_token = NULL
          WHERE id = (SELECT id FROM monitor LIMIT 1 OFFSET ${Math.floor(row * 15)})`);
        break;
      case "delete":
        db.prepare(`DELETE FROM "${table}" WHERE id = ?`).run(id);
        break;
      case "copy":
        db.exec(
          `INSERT OR IGNORE INTO "${table}" (${others.map(quoted)}) SELECT ${others.map(quoted)} FROM "${table}" WHERE id = ${id}`,
        );
    }
  } catch (error) {
    if (!(error instanceof Database.SqliteError) || !error.code.startsWith("SQLITE_CONSTRAINT")) throw error;
  }
}

function quoted(name: string): string {
  return `"${name}"`;
}

/** Two rows take each other's value, also a unique one. */
function swap(db: Database.Database, table: string, column: string, [one, other]: [number, number]): void {
  const read = db.prepare<[number]>(`SELECT "${column}" FROM "${table}" WHERE id = ?`).pluck();
  const write = db.prepare(`UPDATE "${table}" SET "${column}" = ? WHERE id = ?`);
  const [first, second] = [read.get(one), read.get(other)];
  db.transaction(() => {
    write.run("in between", one);
    write.run(first, other);
    write.run(second, one);
  })();
}

/** The icon goes with the page that refers to it. */
function isUntouched(table: string): boolean {
  return isPrivate(table) && table !== "files";
}

function pick(all: Record<string, unknown>, isWanted: (table: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => isWanted(name)));
}
