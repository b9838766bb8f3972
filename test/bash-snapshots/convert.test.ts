import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import Database from "better-sqlite3";
import fc from "fast-check";
import { convert } from "../../src/bash-snapshots/convert.ts";
import type { ReadTask } from "../../src/bash-snapshots/task.ts";
import { catalog } from "../../src/database/index.ts";
import { type Content, decodeSnapshot, encodeSnapshot } from "../../src/snapshot/index.ts";
import { at, filesOf, HEAD, V1, V1_WITH_INDEXES } from "../support/bash-samples.ts";
import { writeDump, writeExports } from "../support/bash-writer.ts";
import { makeTar } from "../support/tar.ts";

const folder = mkdtempSync(join(tmpdir(), "bash-snapshots-"));
after(() => rmSync(folder, { recursive: true }));

const ORIGIN = { instanceName: "old", createdAt: "2026-11-23T08:00:00.000Z" };

function read(bytes: Uint8Array, form: ReadTask["form"]): Content {
  const converted = convert(bytes, { form, ...ORIGIN });
  assert.ok(converted.ok, converted.ok ? "" : converted.problem.message);
  // Through the format's own checks.
  const decoded = decodeSnapshot(Buffer.concat([...encodeSnapshot(converted.value)]));
  assert.ok(decoded.ok);
  assert.deepEqual(decoded.value, converted.value);
  return decoded.value.content;
}

function refusal(bytes: Uint8Array | string, form: ReadTask["form"] = "dump"): string {
  const converted = convert(Buffer.from(bytes), { form, ...ORIGIN });
  assert.ok(!converted.ok, "it was read");
  return `${converted.problem.code}: ${converted.problem.message}`;
}

/** Every row of a content is the source's, column by column, each value with its type, and none lacks. */
function assertEqualTo(databaseFile: string, content: Content): void {
  const db = new Database(databaseFile, { readonly: true });
  db.defaultSafeIntegers(true);
  try {
    for (const { name, columns, rows } of content.tables) {
      const count = db.prepare<[], bigint>(`SELECT count(*) FROM "${name}"`).pluck().get();
      assert.equal(BigInt(rows.length), count, name);
      if (rows.length === 0) continue;
      const selfWritten = catalog.find((entry) => entry.name === name)?.selfWritten ?? [];
      const all = db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(name);
      assert.deepEqual(columns, all.filter((column) => !selfWritten.includes(column)).sort(), name);
      const list = columns.map((column) => `"${column}"`).join(", ");
      assert.deepEqual(rows, db.prepare(`SELECT ${list} FROM "${name}" ORDER BY id`).raw().all(), name);
    }
  } finally {
    db.close();
  }
}

const exported = (under = "/sqlite_exports/") => filesOf(at(HEAD), under);

describe("the dump of the version for Uptime Kuma 1.23", () => {
  for (const sample of [V1, V1_WITH_INDEXES])
    test(`gives every row of its source: ${sample}`, () => {
      const content = read(readFileSync(at(sample)), "dump");
      assert.equal(content.tables.length, 12);
      assertEqualTo(at("kuma-dbs/1.23.17.db"), content);
      assert.deepEqual(content.omits, [
        "proxy",
        "docker_host",
        "remote_browser",
        "status_page_cname",
        "file",
      ]);
    });

  test("is found in what restic gives of a snapshot", () => {
    const archive = makeTar({ "/backup/current/backup.sql": readFileSync(at(V1)) });
    assert.deepEqual(read(archive, "archive"), read(readFileSync(at(V1)), "dump"));
  });

  for (const version of ["1.23.0", "1.23.13"])
    test(`gives every row of Uptime Kuma ${version}, whose columns stand in another order`, () => {
      const source = at(`kuma-dbs/${version}.db`);
      assertEqualTo(source, read(Buffer.from(writeDump(source)), "dump"));
    });

  test("gives the texts that newer shells write with unistr", () => {
    const dump = readFileSync(at(V1), "utf8").replace("'Group A'", "unistr('Gr\\u00fcn\\u000aA')");
    const monitors = read(Buffer.from(dump), "dump").tables.find(({ name }) => name === "monitor");
    assert.equal(monitors?.rows[0]?.[monitors.columns.indexOf("name")], "Grün\nA");
  });

  test("is refused when the dump had failed, is cut off or lacks a table", () => {
    const whole = readFileSync(at(V1), "utf8");
    const failed = whole.replace(
      /INSERT INTO tag VALUES[\s\S]*?COMMIT;/,
      "/**** ERROR: (5) database is locked *****/\nROLLBACK; -- due to errors",
    );
    assert.match(refusal(failed), /^bash-snapshot-incomplete: .*had failed \(database is locked\)/);
    assert.match(
      refusal(whole.slice(0, whole.lastIndexOf("COMMIT;"))),
      /^bash-snapshot-incomplete: .*ends before/,
    );
    assert.match(refusal(whole.slice(0, 12_345)), /^bash-snapshot-incomplete: .*cut off/);
    assert.match(
      refusal(whole.slice(0, whole.lastIndexOf("PRAGMA"))),
      /^bash-snapshot-incomplete: .*no table incident/,
    );
    assert.match(refusal(""), /^bash-snapshot-incomplete/);
  });

  test("is refused wherever it is cut off", () => {
    const whole = readFileSync(at(V1), "utf8").trimEnd();
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => refusal(whole.slice(0, length)) !== ""),
      { numRuns: 25 },
    );
  });
});

describe("a statement that no dump has", () => {
  const first = "INSERT INTO tag VALUES(9,'x','y','z');";
  for (const statement of [
    "ATTACH '/tmp/stolen.db' AS stolen;",
    "PRAGMA writable_schema=ON;",
    "PRAGMA foreign_keys=OFF; SELECT 1;",
    "SELECT load_extension('/tmp/x.so');",
    "CREATE TRIGGER t AFTER INSERT ON tag BEGIN SELECT 1; END;",
    "CREATE VIEW v AS SELECT 1;",
    "CREATE VIRTUAL TABLE v USING fts5(x);",
    "CREATE TEMP TABLE t(id INTEGER);",
    "CREATE TABLE stranger(id INTEGER PRIMARY KEY);",
    "CREATE TABLE tag AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n;",
    "CREATE TABLE tag(id INTEGER PRIMARY KEY, x TEXT GENERATED ALWAYS AS (zeroblob(1000000000)));",
    "CREATE TABLE tag(id INTEGER PRIMARY KEY, x TEXT CHECK (randomblob(1000000000) IS NULL));",
    "CREATE TABLE tag(id INTEGER PRIMARY KEY); DROP TABLE monitor;",
    "INSERT INTO tag SELECT * FROM monitor;",
    "INSERT INTO tag VALUES(9,randomblob(1000000000),'y','z');",
    "INSERT INTO tag VALUES(9,(SELECT 1),'y','z');",
    "INSERT INTO tag VALUES(9,replace('aaaa','',char(10)),'y','z');",
    "INSERT INTO tag VALUES(9,replace('aaaa','a',char(120000)),'y','z');",
    "INSERT INTO tag VALUES(9,replace('aaaa','a',replace('b','b',char(10))),'y','z');",
    "INSERT INTO tag VALUES(9,replace(replace(replace('a','a',char(10)),'b',char(10)),'c',char(10)),'y','z');",
    "INSERT INTO tag VALUES(9,'x' || 'y','y','z');",
    "INSERT INTO tag(id,name,color) VALUES(9,'x','y');",
    "INSERT INTO tag VALUES(9,'x','y','z') RETURNING *;",
    "INSERT OR REPLACE INTO tag VALUES(1,'x','y','z');",
    "REPLACE INTO tag VALUES(1,'x','y','z');",
    "UPDATE tag SET name = 'x';",
    "DELETE FROM tag;",
    "DROP TABLE tag;",
    "VACUUM INTO '/tmp/stolen.db';",
    ".shell touch /tmp/touched\n;",
    "INSERT INTO tag VALUES(9,'x','y','z'); -- \u0000 ;",
    "@;",
  ])
    test(`is refused: ${statement.replaceAll("\u0000", "NUL")}`, () => {
      const dump = readFileSync(at(V1), "utf8");
      const rows = dump.indexOf("INSERT INTO tag VALUES");
      // In its place a row is taken, so it is the statement that is refused.
      read(Buffer.from(`${dump.slice(0, rows)}${first}\n${dump.slice(rows)}`), "dump");
      assert.match(
        refusal(`${dump.slice(0, rows)}${statement}\n${dump.slice(rows)}`),
        /^bash-snapshot-invalid/,
      );
    });
});

describe("the exports of the version for Uptime Kuma 2", () => {
  for (const under of ["/sqlite_exports/", "/replicator_kuma/current/sqlite_exports/", "/mysql_exports/"])
    test(`give every row of their source, in ${under}`, () => {
      const content = read(makeTar(exported(under)), "archive");
      assertEqualTo(at("kuma-dbs/2.3.2.db"), content);
      assert.equal(content.tables.length, 14);
      assert.deepEqual(content.omits, ["docker_host", "status_page_cname", "file"]);
    });

  test("give tables without rows where there is no file", () => {
    const { "/sqlite_exports/incident.csv": _, ...others } = exported();
    const content = read(makeTar(others), "archive");
    assert.deepEqual(content.tables.find(({ name }) => name === "incident")?.rows, []);
  });

  test("are refused when the export had failed", () => {
    const without = (...tables: string[]) =>
      makeTar(
        Object.fromEntries(
          Object.entries(exported()).filter(
            ([name]) => !tables.some((table) => name.endsWith(`/${table}.csv`)),
          ),
        ),
      );
    assert.match(refusal(without("user"), "archive"), /^bash-snapshot-incomplete: .*no user\.csv/);
    assert.match(
      refusal(without("monitor"), "archive"),
      /monitor_tag\.csv refers to monitor, but there is no monitor\.csv/,
    );
    assert.match(refusal(without("notification"), "archive"), /no notification\.csv/);
    assert.match(refusal(without("proxy"), "archive"), /monitor\.csv refers to proxy/);
    assert.match(refusal(makeTar({}), "archive"), /^bash-snapshot-incomplete: .*neither/);
  });

  test("are refused when a file or what restic gave is cut off", () => {
    const name = "/sqlite_exports/monitor.csv";
    const file = exported()[name] ?? Buffer.alloc(0);
    assert.match(
      refusal(makeTar({ ...exported(), [name]: file.subarray(0, 5_000) }), "archive"),
      /^bash-snapshot-in/,
    );
    assert.match(
      refusal(makeTar({ ...exported(), [name]: Buffer.from("id,name\n1\n") }), "archive"),
      /^bash-snapshot-invalid/,
    );
    assert.match(
      refusal(makeTar({ ...exported(), [name]: Buffer.from("id,name\n1,a\n1,b\n") }), "archive"),
      /^bash-snapshot-invalid/,
    );
    const archive = makeTar(exported());
    assert.match(
      refusal(archive.subarray(0, archive.byteLength / 2), "archive"),
      /^bash-snapshot-incomplete: .*cut off/,
    );
  });
});

describe("any text", () => {
  const text = fc
    .oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.string({
        unit: fc.constantFrom(
          "\n",
          "\r",
          "\\n",
          "\\r",
          "'",
          '"',
          ",",
          ";",
          "--",
          "/*",
          " ",
          "null",
          "\\012",
          "a",
        ),
        maxLength: 12,
      }),
    )
    .map((value) => value.replaceAll("\u0000", ""));
  const edits = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 15 }), fc.constantFrom("name", "description", "body"), text),
    { maxLength: 8 },
  );

  function edited(version: string, changes: readonly (readonly [number, string, string])[]): string {
    const file = join(folder, `${version}.db`);
    copyFileSync(at(`kuma-dbs/${version}.db`), file);
    const db = new Database(file);
    for (const [id, column, value] of changes)
      db.prepare(`UPDATE monitor SET "${column}" = ? WHERE id = ?`).run(value, id);
    db.close();
    return file;
  }

  test("comes whole through a dump", () => {
    fc.assert(
      fc.property(edits, (changes) => {
        const file = edited("1.23.17", changes);
        assertEqualTo(file, read(Buffer.from(writeDump(file)), "dump"));
      }),
      { numRuns: 15 },
    );
  });

  test("comes whole through an export, but for the text null", () => {
    fc.assert(
      fc.property(edits, (changes) => {
        const file = edited(
          "2.3.2",
          changes.filter(([, , value]) => value !== "null"),
        );
        const exports = join(folder, "exports");
        writeExports(file, exports);
        assertEqualTo(file, read(makeTar(filesOf(exports, "/sqlite_exports/")), "archive"));
      }),
      { numRuns: 15 },
    );
  });
});
