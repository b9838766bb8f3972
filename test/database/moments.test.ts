import assert from "node:assert/strict";
import { describe, it } from "node:test";
import Database from "better-sqlite3";
import fc from "fast-check";
import { contentHash, type Value } from "../../src/snapshot/index.ts";
import {
  changeRows,
  IDS,
  type Instance,
  makeInstance,
  query,
  sql,
  table,
  takeSnapshot,
  VERSIONS,
  value,
} from "./fixtures.ts";

const COLUMNS = ["start_date", "end_date", "start_time", "end_time"] as const;

/** The same moments as Kuma's page sends them, as 1.23 has them, and as MariaDB answers. */
const SHORT = ["2026-11-26 12:00", "2026-11-26T12:00:00.000", "02:00", "03:30:00.5"];
const LONG = ["2026-11-26 12:00:00", "2026-11-26 12:00:00", "02:00:00", "03:30:00"];

function setMoments(instance: Instance, values: readonly Value[]): void {
  const db = new Database(instance.file, { fileMustExist: true });
  const list = COLUMNS.map((name) => `${name} = ?`).join(", ");
  db.prepare(`UPDATE maintenance SET ${list} WHERE id = 1`).run(...values);
  db.close();
}

function stored(instance: Instance): Value[] {
  const [row] = query(instance, `SELECT ${COLUMNS.join(", ")} FROM maintenance WHERE id = 1`);
  return COLUMNS.map((name) => row?.[name] ?? null);
}

describe("dates and times of day", () => {
  it("are read and hashed in one form", (t) => {
    const [one, other] = [makeInstance(t, "2.5.3"), makeInstance(t, "2.5.3")];
    setMoments(one, SHORT);
    setMoments(other, LONG);
    const maintenance = table(value(one.kuma.read()), "maintenance");
    const [row] = maintenance.rows;
    assert.deepEqual(
      COLUMNS.map((name) => row?.[maintenance.columns.indexOf(name)]),
      LONG,
    );
    assert.equal(value(one.kuma.hash()), value(other.kuma.hash()));
  });

  it("change nothing where only their form differs, and keep the form that is here", (t) => {
    const [primary, replica] = [makeInstance(t, "2.5.3"), makeInstance(t, "2.5.3")];
    setMoments(primary, LONG);
    setMoments(replica, SHORT);
    assert.ok(value(replica.kuma.plan(takeSnapshot(primary))).empty);
    sql(primary, "UPDATE maintenance SET description = 'another' WHERE id = 1");
    value(replica.kuma.apply(takeSnapshot(primary), IDS));
    assert.deepEqual(stored(replica), SHORT);
    sql(primary, "UPDATE maintenance SET start_date = '2027-01-01 08:15' WHERE id = 1");
    value(replica.kuma.apply(takeSnapshot(primary), IDS));
    assert.deepEqual(stored(replica), ["2027-01-01 08:15:00", ...SHORT.slice(1)]);
    assert.equal(value(replica.kuma.hash()), value(primary.kuma.hash()));
  });

  for (const version of VERSIONS)
    it(`change nothing when a former release has published them as Uptime Kuma ${version} had them`, (t) => {
      const instance = makeInstance(t, version);
      const asKept = query(instance, `SELECT id, ${COLUMNS.join(", ")} FROM maintenance`);
      const former = takeSnapshot(instance, (content) =>
        changeRows(content, "maintenance", (rows) =>
          rows.map((row) => ({ ...row, ...asKept.find(({ id }) => id === row.id) })),
        ),
      );
      assert.notEqual(contentHash(former.content), value(instance.kuma.hash()));
      assert.ok(value(instance.kuma.plan(former)).empty);
      setMoments(instance, LONG);
      value(instance.kuma.apply(former, IDS));
      assert.ok(value(instance.kuma.plan(takeSnapshot(instance))).empty);
    });

  it("are hashed as they are read, whatever stands there", (t) => {
    const instance = makeInstance(t, "2.5.3");
    const known = fc.constantFrom(...SHORT, ...LONG, "2026-11-26", "2026-11-26 12:00\0", "12:00é", "");
    const anything = fc.oneof(known, known, fc.string(), fc.integer(), fc.constant(null));
    let hashes = new Set<string>();
    fc.assert(
      fc.property(fc.tuple(anything, anything, anything, anything), (values) => {
        setMoments(instance, values);
        const hash = value(instance.kuma.hash());
        assert.equal(hash, contentHash(value(instance.kuma.read())));
        hashes = hashes.add(hash);
      }),
      { numRuns: 200 },
    );
    assert.ok(hashes.size > 100, "the values made no difference");
  });
});
