import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import fc from "fast-check";
import { catalog } from "../../src/database/catalog.ts";
import { contentHash } from "../../src/snapshot/index.ts";
import { dump, IDS, type Instance, isPrivate, makeInstance, takeSnapshot, value } from "./fixtures.ts";

interface Edit {
  readonly do: "update" | "swap" | "delete" | "copy";
  readonly table: string;
  /** Which row and which column, as a part of all there are. */
  readonly row: number;
  readonly column: number;
  readonly text: string;
}

const part = fc.double({ min: 0, max: 0.999, noNaN: true });
const edit: fc.Arbitrary<Edit> = fc.record({
  do: fc.constantFrom<Edit["do"]>("update", "update", "swap", "delete", "copy"),
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
      assert.deepEqual(pick(dump(replica), isUntouched), pick(before, isUntouched));
      value(replica.kuma.rollBack());
      assert.deepEqual(dump(replica), before);
    }),
    { numRuns: 60 },
  );
  assert.ok(changed > 30, `only ${changed} of the edits changed anything`);
});

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
        swap(db, table, name, id, ids.at(-1) ?? id);
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
function swap(db: Database.Database, table: string, column: string, one: number, other: number): void {
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
