import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import Database from "better-sqlite3";
import fc from "fast-check";
import { catalog, historyTables } from "../../../src/database/catalog.ts";
import { contentHash, type Value } from "../../../src/snapshot/index.ts";
import { startMariadbd, type TestMariaDb } from "../../support/mariadbd.ts";
import { dump, IDS, type Instance, makeInstance, takeSnapshot, value } from "../fixtures.ts";
import { anyEdit, type Edited, makeEdits } from "./edits.ts";
import { dumpMariaDb, type MariaDbInstance, makeMariaDb, take } from "./fixtures.ts";

const edits = fc.array(anyEdit, { minLength: 1, maxLength: 15 });

describe("whatever is edited", () => {
  let maria: TestMariaDb;
  before(async () => {
    maria = await startMariadbd();
  });
  after(() => maria.close());

  it("on SQLite arrives on MariaDB whole, and is undone to the last row", async (t) => {
    const replica = await makeMariaDb(t, maria);
    const types = await typesOf(replica);
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(edits, async (some) => {
        const primary = makeInstance(t, "2.5.3");
        const before = await dumpMariaDb(maria, replica);
        await makeEdits(onSqlite(primary), types, some);
        const snapshot = takeSnapshot(primary);
        const planned = await replica.kuma.plan(snapshot);
        const applied = await replica.kuma.apply(snapshot, IDS);
        if (!applied.ok) {
          assert.equal(applied.problem.code, "database-cannot-hold");
          assert.deepEqual(planned, applied);
          assert.deepEqual(await dumpMariaDb(maria, replica), before);
          return;
        }
        assert.deepEqual(value(planned), value(applied));
        changed += 1;
        assert.equal(value(await replica.kuma.hash()), contentHash(snapshot.content));
        assert.ok(value(await replica.kuma.plan(snapshot)).empty);
        assert.deepEqual(pick(await dumpMariaDb(maria, replica), isElse), pick(before, isElse));
        value(await replica.kuma.confirm());
        value(await replica.kuma.rollBack());
        assert.deepEqual(await dumpMariaDb(maria, replica), before);
      }),
      { numRuns: 8 },
    );
    assert.ok(changed > 0, "none of the edits arrived");
  });

  it("on MariaDB arrives on SQLite whole, and is undone to the last row", async (t) => {
    const primary = await makeMariaDb(t, maria);
    const types = await typesOf(primary);
    const original = await take(primary);
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(edits, async (some) => {
        const replica = makeInstance(t, "2.5.3");
        const before = dump(replica);
        await makeEdits(await onMariaDb(primary), types, some);
        const snapshot = await take(primary);
        assert.equal(value(await primary.kuma.hash()), contentHash(snapshot.content));
        if (!value(replica.kuma.apply(snapshot, IDS)).empty) changed += 1;
        assert.equal(value(replica.kuma.hash()), value(await primary.kuma.hash()));
        value(replica.kuma.confirm());
        value(replica.kuma.rollBack());
        assert.deepEqual(dump(replica), before);
        value(await primary.kuma.apply(original, IDS));
        value(await primary.kuma.confirm());
      }),
      { numRuns: 8 },
    );
    assert.ok(changed > 0, "none of the edits changed anything");
  });

  async function typesOf({ database }: MariaDbInstance): Promise<Map<string, Map<string, string>>> {
    const types = new Map(catalog.map(({ name }) => [name, new Map<string, string>()]));
    const columns = await maria.query(
      database,
      "SELECT TABLE_NAME AS t, COLUMN_NAME AS c, DATA_TYPE AS d FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()",
    );
    for (const { t: table, c, d } of columns) types.get(String(table))?.set(String(c), String(d));
    return types;
  }

  async function onMariaDb({ database }: MariaDbInstance): Promise<Edited> {
    return {
      ids: async (table) => {
        const rows = await maria.query(database, `SELECT id FROM \`${table}\` ORDER BY id`);
        return rows.map(({ id }) => BigInt(String(id)));
      },
      run: async (sql, values) => {
        const connection = await maria.connect(database);
        try {
          await connection.query("SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')");
          await connection.execute(
            sql,
            values.map((each) => (each instanceof Uint8Array ? Buffer.from(each) : each)),
          );
        } catch (error) {
          // A rule of the schema: unique, not NULL, too long, a row of another table that is not there.
          const code = error instanceof Error && "code" in error ? String(error.code) : "";
          if (
            !/^ER_(DUP_ENTRY|BAD_NULL|DATA_TOO_LONG|NO_REFERENCED_ROW|ROW_IS_REFERENCED|TRUNCATED|WARN|CANT)/.test(
              code,
            )
          )
            throw error;
        } finally {
          await connection.end();
        }
      },
    };
  }
});

function onSqlite({ file }: Instance): Edited {
  const inDatabase = <T>(work: (db: Database.Database) => T): T => {
    const db = new Database(file, { fileMustExist: true });
    db.defaultSafeIntegers(true);
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  return {
    ids: async (table) =>
      inDatabase((db) => db.prepare<[], bigint>(`SELECT id FROM "${table}" ORDER BY id`).pluck().all()),
    run: async (sql, values: readonly Value[]) =>
      inDatabase((db) => {
        try {
          db.prepare(sql).run(...values);
        } catch (error) {
          if (!(error instanceof Database.SqliteError) || !error.code.startsWith("SQLITE_CONSTRAINT"))
            throw error;
        }
      }),
  };
}

function isElse(table: string): boolean {
  return !catalog.some(({ name }) => name === table) && !historyTables.includes(table);
}

function pick(all: Record<string, unknown>, isWanted: (table: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => isWanted(name)));
}
