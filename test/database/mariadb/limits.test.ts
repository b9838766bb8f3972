import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import fc from "fast-check";
import { describeMisfit } from "../../../src/database/mariadb/limits.ts";
import { type Session, withSession } from "../../../src/database/mariadb/session.ts";
import { readTables } from "../../../src/database/mariadb/tables.ts";
import { success } from "../../../src/result.ts";
import type { Content, Value } from "../../../src/snapshot/index.ts";
import { startMariadbd, type TestMariaDb } from "../../support/mariadbd.ts";
import { changeRows, IDS, problem, value } from "../fixtures.ts";
import { dumpMariaDb, type MariaDbInstance, makeMariaDb, take } from "./fixtures.ts";

/** A column of each type that Kuma's tables have, small where that makes for shorter texts. */
const COLUMNS: Readonly<Record<string, string>> = {
  tiny: "tinyint(1)",
  small: "smallint(6)",
  whole: "int(11)",
  positive: "int(10) unsigned",
  real_number: "double",
  short_text: "varchar(4)",
  short_utf8mb3: "varchar(4) CHARACTER SET utf8mb3",
  bytes_text: "tinytext",
  moment: "datetime",
  time_of_day: "time",
  choice: "enum('1','2c','it''s')",
};

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom(
    "",
    "abcd  ",
    "abcd",
    "😀😀😀😀",
    "😀",
    "é",
    "1",
    "2",
    "2C",
    "2c",
    "it's",
    "null",
    "\\n",
    "a;\n",
    " a ",
  ),
  fc.constantFrom("é".repeat(127), "é".repeat(128), "a".repeat(255), "a".repeat(256)),
  fc.constantFrom(
    "2026-11-26 12:00:00",
    "2026-02-30 12:00:00",
    "2024-02-29 00:00:00",
    "2026-11-26",
    "0000-00-00 00:00:00",
  ),
  fc.constantFrom(
    "12:00:00",
    "838:59:59",
    "839:00:00",
    "-01:00:00",
    "24:00:60",
    "12:00",
    "2026-11-26 12:00:00.5",
  ),
);
const number = fc.oneof(
  fc.constantFrom(
    -129n,
    -128n,
    127n,
    128n,
    32_767n,
    32_768n,
    2n ** 31n - 1n,
    2n ** 31n,
    -(2n ** 31n),
    2n ** 32n - 1n,
  ),
  fc.constantFrom(2n ** 32n, -1n, 0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 1n),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((real) => (Object.is(real, -0) ? 0 : real)),
  fc.constantFrom(1.5, 0.1 + 0.2, 5e-324, 1e21, Number.MAX_VALUE),
);

/** INTEGER keeps a real number without a fraction as a whole one (https://www.sqlite.org/datatype3.html, 3.). */
function toAffinity(type: string, given: string | number | bigint): Value {
  const isWhole = typeof given === "number" && Number.isInteger(given) && Math.abs(given) < 2 ** 63;
  return isWhole && type !== "double" ? BigInt(given) : given;
}

describe("limits of MariaDB", () => {
  let maria: TestMariaDb;
  before(async () => {
    maria = await startMariadbd();
  });
  after(() => maria.close());

  it("are those by which the server itself takes a value, or refuses or changes it", async () => {
    const place = await maria.create("limits");
    const list = Object.entries(COLUMNS).map(([name, type]) => `${name} ${type}`);
    await maria.run("limits", `CREATE TABLE one (id INT PRIMARY KEY, ${list.join(", ")})`);
    const seen = { fits: 0, misfits: 0 };
    const done = await withSession(place, async (session) => {
      const [table] = await readTables(session, ["one"]);
      assert.ok(table);
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...Object.keys(COLUMNS)),
          fc.oneof(text, number),
          async (name, given) => {
            const column = table.columns.find((each) => each.name === name);
            assert.ok(column);
            const isNumeric = /int|double/.test(column.type);
            // As the affinity of a column makes of it what is written.
            const wanted =
              isNumeric || typeof given === "string" ? toAffinity(column.type, given) : String(given);
            const says = describeMisfit(column, wanted);
            const stored = await store(session, name, wanted);
            const isKept = stored !== undefined && isSame(stored, wanted);
            assert.equal(
              says === undefined,
              isKept,
              `${name}: ${String(wanted)} is stored as ${String(stored)}, said: ${says}`,
            );
            seen[isKept ? "fits" : "misfits"] += 1;
          },
        ),
        { numRuns: 600 },
      );
      return success(undefined);
    });
    value(done);
    assert.ok(seen.fits > 50 && seen.misfits > 50, JSON.stringify(seen));
  });

  /** What the column holds afterwards; undefined when it was refused. */
  async function store(session: Session, name: string, wanted: Value): Promise<Value | undefined> {
    try {
      await session.run("DELETE FROM one");
      await session.run(`INSERT INTO one (id, ${name}) VALUES (1, ?)`, [wanted]);
    } catch {
      return undefined;
    }
    const [[stored = null] = []] = await session.read(`SELECT ${name} FROM one`);
    return stored;
  }

  function isSame(stored: Value, wanted: Value): boolean {
    if (typeof wanted === "bigint" && typeof stored === "number") return Number(wanted) === stored;
    return stored === wanted;
  }

  const cases: readonly (readonly [
    what: string,
    table: string,
    change: Record<string, Value>,
    says: RegExp,
  ])[] = [
    [
      "a name that is too long",
      "monitor",
      { name: "n".repeat(151) },
      /monitor \(n+\): its name has 151 characters, at most 150/,
    ],
    [
      "text of too many bytes",
      "monitor",
      { description: "é".repeat(32_768) },
      /description has 65536 bytes, at most 65535/,
    ],
    [
      "a number out of range",
      "monitor",
      { retry_interval: 2n ** 31n },
      /retry_interval is no whole number from/,
    ],
    ["a fraction", "monitor", { interval: 20.5 }, /interval is no whole number/],
    ["text in place of a number", "monitor", { active: "true" }, /active is no whole number/],
    ["a choice that there is not", "monitor", { snmp_version: "2" }, /snmp_version is none of 1, 2c, 3/],
    [
      "a day that there is not",
      "maintenance",
      { start_date: "2026-02-30 10:00" },
      /start_date is no date and time/,
    ],
    ["an emoji in an address", "status_page", { slug: "page-😀" }, /slug has a character/],
    [
      "more than a packet",
      "notification",
      { config: "x".repeat(17 * 2 ** 20) },
      /has 178\d+ bytes, the server takes 16777216/,
    ],
  ];
  for (const [what, table, change, says] of cases)
    it(`are told before Kuma stops: ${what}`, async (t) => {
      await refuses(
        t,
        table,
        (rows) => rows.map((row, at) => (at === 0 ? { ...row, ...change } : row)),
        says,
      );
    });

  it("are told before Kuma stops: two slugs that are one to MariaDB", async (t) => {
    const others = ["Status ", "MÄIN"];
    const change = (rows: Record<string, Value>[]) =>
      [...rows, { ...rows[0], id: 77n }, { ...rows[0], id: 78n }].map((row, at) => ({
        ...row,
        slug: at < 2 ? (["status", "main"][at] ?? "") : (others[at - 2] ?? ""),
      }));
    await refuses(
      t,
      "status_page",
      change,
      /Rows 1, 77 of table status_page \(status, Status \): their slug.*Rows 2, 78/,
    );
  });

  it("are told by the server's own character set", async (t) => {
    const instance = await makeMariaDb(t, maria);
    await maria.run(instance.database, "ALTER TABLE tag CONVERT TO CHARACTER SET latin1");
    const rename = (name: string) => (content: Content) =>
      changeRows(content, "tag", (rows) => rows.map((row, at) => (at === 0 ? { ...row, name } : row)));
    const refused = problem(await instance.kuma.plan(await take(instance, rename("smile 😀"))));
    assert.match(
      refused.message,
      /table tag .*its name has a character that this column does not hold \(latin1\)/,
    );
    const snapshot = await take(instance, rename("Größe €"));
    value(await instance.kuma.apply(snapshot, IDS));
    assert.ok(value(await instance.kuma.plan(snapshot)).empty);
  });

  async function refuses(
    t: TestContext,
    table: string,
    change: (rows: Record<string, Value>[]) => Record<string, Value>[],
    says: RegExp,
  ): Promise<void> {
    const instance: MariaDbInstance = await makeMariaDb(t, maria);
    const before = await dumpMariaDb(maria, instance);
    const snapshot = await take(instance, (content) => changeRows(content, table, change));
    for (const refused of [await instance.kuma.plan(snapshot), await instance.kuma.apply(snapshot, IDS)]) {
      assert.equal(problem(refused).code, "database-cannot-hold");
      assert.match(problem(refused).message, says);
    }
    assert.deepEqual(await dumpMariaDb(maria, instance), before);
  }
});
