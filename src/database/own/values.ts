import { createHash } from "node:crypto";
import type { Database } from "better-sqlite3";
import type { Content, Row, Table, Value } from "../../snapshot/index.ts";
import { nameRows } from "../plan/name-rows.ts";
import { readTable } from "../read/read.ts";
import type { Schema } from "../sqlite/schema.ts";
import { type Remembered, readRemembered } from "./remembered.ts";

/** What leads out of a site, and so may have other values at each: the rows are the primary's, by id. */
const TABLES: readonly string[] = ["proxy", "docker_host", "remote_browser"];

/** Says that there was a comparison, also of tables without rows. */
const COMPARED: Remembered = { table: "proxy", row: 0n, value: "{}" };

/** A row by column. */
type NamedRow = ReadonlyMap<string, Value>;

/** What comes of it when a snapshot meets values of this instance's own. */
interface KeptValues {
  readonly content: Content;
  readonly remembered: readonly Remembered[];
  /** What was not told before, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Content with the values that were set here in place of the snapshot's, told by a comparison of three: where a row
 * here is what the last snapshot had, nobody has set it, and it follows. With nothing to compare to, as after the bash
 * version, what is here stays. A row that never came from a snapshot is none of these, whatever its id.
 */
export function keepOwnValues(db: Database, schema: Schema, content: Content): KeptValues {
  const known = readRemembered(db).filter(({ table }) => TABLES.includes(table));
  const former = new Map(known.map((each) => [keyOf(each.table, each.row), each.value]));
  const parts = content.tables.map((table) => {
    const live = TABLES.includes(table.name) ? schema.get(table.name) : undefined;
    if (live === undefined) return { table, remembered: [], notes: [] };
    // What is not spoken of is filled with what is here: that says nothing of the primary.
    if (!content.omits?.includes(table.name)) return keepInTable(table, readTable(db, live), former);
    return { table, remembered: known.filter((each) => each.table === table.name), notes: [] };
  });
  return {
    content: { ...content, tables: parts.map(({ table }) => table) },
    remembered: unique([COMPARED, ...parts.flatMap(({ remembered }) => remembered)]),
    notes: parts.flatMap(({ notes }) => notes),
  };
}

/** @param former by key, what the last snapshot had; empty: there was none */
function keepInTable(table: Table, live: Table, former: ReadonlyMap<string, string>) {
  const [here, wanted] = [readRows(live), readRows(table)];
  const told: Row[] = [];
  const remembered = [...wanted].map(
    ([id, { row }]): Remembered => ({ table: table.name, row: id, value: digest(row, table) }),
  );
  const rows = remembered.map(({ row: id, value: now }, at): Row => {
    const theirs = table.rows[at] ?? [];
    const ours = here.get(id)?.row;
    const before = former.get(keyOf(table.name, id));
    if (ours === undefined || isSame(ours, now)) return theirs;
    const isOwn = before === undefined ? former.size === 0 : !isSame(ours, before);
    if (!isOwn) return theirs;
    if (before !== now) told.push(theirs);
    return table.columns.map((column, position) => {
      const isTheirs = column === table.owner || !ours.has(column);
      return (isTheirs ? theirs[position] : ours.get(column)) ?? null;
    });
  });
  const gone = [...here].flatMap(([id, { row, values }]) => {
    const before = former.get(keyOf(table.name, id));
    return wanted.has(id) || before === undefined || isSame(row, before) ? [] : [values];
  });
  return {
    table: { ...table, rows },
    remembered,
    notes: [
      ...(told.length > 0 ? [`${nameRows(table, told)}: values of this instance's own stay.`] : []),
      ...(gone.length > 0
        ? [`${nameRows(live, gone)}: removed with its own values, as on the primary.`]
        : []),
    ],
  };
}

/** How many rows have values of this instance's own. */
export function countOwnValues(db: Database, schema: Schema): number {
  const here = new Map(
    TABLES.map((name) => {
      const live = schema.get(name);
      return [name, live && readRows(readTable(db, live))] as const;
    }),
  );
  return readRemembered(db).filter(({ table, row, value }) => {
    const ours = here.get(table)?.get(row)?.row;
    return ours !== undefined && !isSame(ours, value);
  }).length;
}

/** By id. */
function readRows(table: Table): ReadonlyMap<bigint, { readonly row: NamedRow; readonly values: Row }> {
  const id = table.columns.indexOf("id");
  return new Map(
    table.rows.map((values) => [
      BigInt(String(values[id])),
      { values, row: new Map(table.columns.map((column, at) => [column, values[at] ?? null])) },
    ]),
  );
}

/** By column, so that one which a release adds or drops makes no row another. No value is in it: some are secret. */
function digest(row: NamedRow, { owner }: Table): string {
  const columns = [...row].filter(([column]) => column !== "id" && column !== owner);
  return JSON.stringify(Object.fromEntries(columns.map(([column, value]) => [column, hashValue(value)])));
}

/** In all columns of the digest that are here. */
function isSame(row: NamedRow, digested: string): boolean {
  const hashes: Record<string, unknown> = JSON.parse(digested);
  return Object.entries(hashes).every(
    ([column, hash]) => !row.has(column) || hashValue(row.get(column) ?? null) === hash,
  );
}

/** Nothing and an empty text are one, and so are 1 and "1": which is stored is the column's choice. */
function hashValue(value: Value): string {
  return createHash("sha256")
    .update(String(value ?? ""))
    .digest("hex")
    .slice(0, 16);
}

function unique(all: readonly Remembered[]): Remembered[] {
  return [...new Map(all.map((each) => [keyOf(each.table, each.row), each])).values()];
}

function keyOf(table: string, id: bigint): string {
  return `${table} ${id}`;
}
