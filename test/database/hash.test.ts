import assert from "node:assert/strict";
import { describe, it } from "node:test";
import Database from "better-sqlite3";
import fc from "fast-check";
import { contentHash } from "../../src/snapshot/index.ts";
import { value as anyValue } from "../snapshot/arbitrary.ts";
import { makeInstance, sql, VERSIONS, value } from "./fixtures.ts";

describe("hash", () => {
  for (const version of VERSIONS)
    it(`is the content hash of what is read from Uptime Kuma ${version}`, (t) => {
      const { kuma } = makeInstance(t, version);
      assert.equal(value(kuma.hash()), contentHash(value(kuma.read())));
    });

  /** One column of each affinity: TEXT, NUMERIC, INTEGER, REAL. */
  const columns = ["description", "active", "interval", "timeout"] as const;

  it("is that for whatever a column can hold", (t) => {
    const instance = makeInstance(t, "2.5.3");
    const db = new Database(instance.file, { fileMustExist: true });
    t.after(() => db.close());
    const update = db.prepare(
      `UPDATE monitor SET ${columns.map((name) => `${name} = ifnull(?, ${name})`).join(", ")} WHERE id = 1`,
    );
    let hashes = new Set<string>();
    fc.assert(
      fc.property(fc.tuple(anyValue, anyValue, anyValue, anyValue), (values) => {
        update.run(values);
        const hash = value(instance.kuma.hash());
        assert.equal(hash, contentHash(value(instance.kuma.read())));
        hashes = hashes.add(hash);
      }),
      { numRuns: 100 },
    );
    assert.ok(hashes.size > 1, "the values made no difference");
  });

  it("is that for text that is not UTF-8 and for NULL", (t) => {
    const instance = makeInstance(t, "2.5.3");
    sql(
      instance,
      "UPDATE monitor SET description = CAST(x'c322ff00' AS TEXT), url = CAST(x'22e2' AS TEXT), user_id = NULL",
      "UPDATE monitor SET timeout = -0.0, http_body_encoding = NULL, dns_last_result = 'not part of it' WHERE id = 1",
    );
    assert.equal(value(instance.kuma.hash()), contentHash(value(instance.kuma.read())));
  });

  it("works for a table with more columns than any release has", (t) => {
    const instance = makeInstance(t, "2.5.3");
    const more = Array.from({ length: 300 }, (_, n) => `ALTER TABLE monitor ADD COLUMN more_${n} TEXT`);
    sql(instance, ...more);
    assert.equal(value(instance.kuma.hash()), contentHash(value(instance.kuma.read())));
  });

  it("gives a problem for what is no database of Kuma", (t) => {
    const instance = makeInstance(t, "2.5.3");
    sql(instance, "DROP TABLE monitor_tag", "DROP TABLE tag");
    const hash = instance.kuma.hash();
    assert.equal(hash.ok ? "" : hash.problem.code, "schema-unknown");
  });
});
