import { isDeepStrictEqual } from "node:util";
import { type Content, type Table, type Value, withoutOmitted } from "../snapshot/index.ts";
import { mayShowNumber, REFERENCES, SAVE_TIMES, showText } from "./columns.ts";
import { keyOf, type NamedRow, type Names, namesIn, quote, rowsOf } from "./names.ts";

/** A value that may be shown. */
export type Shown = string | number | null;

/** One column that differs; `secret`: what it holds is never shown. */
export type ColumnChange =
  | { readonly column: string; readonly before: Shown; readonly after: Shown }
  | { readonly column: string; readonly secret: true };

export interface RowChange {
  readonly table: string;
  /** What people call it: `monitor "shop"`. */
  readonly what: string;
  readonly change: "added" | "removed" | "changed";
  /** Of a changed row. */
  readonly columns: readonly ColumnChange[];
}

/**
 * What differs between two contents, row by row, in names that people know; free of secrets, so it may be printed.
 * Columns that only one side has are left out, and so are owners: they belong to each instance. What one side says
 * nothing of does not differ.
 */
export function compare(before: Content, after: Content): RowChange[] {
  const names = { before: namesIn(before), after: namesIn(after) };
  const sides = [withoutOmitted(before, after), withoutOmitted(after, before)] as const;
  const tables = new Set(sides.flatMap((side) => side.tables.map(({ name }) => name)));
  return [
    ...[...tables].flatMap((name) => {
      const [old, now] = sides.map((side) => side.tables.find((table) => table.name === name));
      return compareTable(name, old, now, names);
    }),
    ...compareFiles(...sides),
  ];
}

interface BothNames {
  readonly before: Names;
  readonly after: Names;
}

function compareTable(
  name: string,
  before: Table | undefined,
  after: Table | undefined,
  names: BothNames,
): RowChange[] {
  const old = rowsByKey(before);
  const now = rowsByKey(after);
  const columns = (after?.columns ?? []).filter(
    (column) => before?.columns.includes(column) && column !== "id" && column !== after?.owner,
  );
  const removed = [...old].filter(([key]) => !now.has(key));
  return [
    ...[...now].flatMap(([key, row]): RowChange[] => {
      const former = old.get(key);
      if (former === undefined)
        return [{ table: name, what: names.after.describe(name, row), change: "added", columns: [] }];
      const changed = compareRow(former, row, columns, names);
      if (changed.length === 0) return [];
      return [
        { table: name, what: names.before.describe(name, former), change: "changed", columns: changed },
      ];
    }),
    ...removed.map(
      ([, row]): RowChange => ({
        table: name,
        what: names.before.describe(name, row),
        change: "removed",
        columns: [],
      }),
    ),
  ];
}

/** A table may hold the same connection twice: the second gets a key of its own. */
function rowsByKey(table: Table | undefined): Map<string, NamedRow> {
  const rows = new Map<string, NamedRow>();
  for (const row of table === undefined ? [] : rowsOf(table)) {
    let key = keyOf(table?.name ?? "", row);
    while (rows.has(key)) key += "\u0000again";
    rows.set(key, row);
  }
  return rows;
}

function compareRow(
  before: NamedRow,
  after: NamedRow,
  columns: readonly string[],
  names: BothNames,
): ColumnChange[] {
  const differing = columns.filter(
    (column) => !isDeepStrictEqual(before[column] ?? null, after[column] ?? null),
  );
  const telling = differing.filter((column) => !SAVE_TIMES.has(column));
  return (telling.length > 0 ? telling : differing).map((column) => {
    const old = show(column, before[column] ?? null, names.before);
    const now = show(column, after[column] ?? null, names.after);
    // Equal once the secret parts are out: the secret is what changed.
    if (old === undefined || now === undefined || old === now) return { column, secret: true };
    return { column, before: old, after: now };
  });
}

function show(column: string, value: Value, names: Names): Shown | undefined {
  if (value === null) return null;
  if (typeof value === "string") return showText(column, value);
  if (typeof value === "object" || !mayShowNumber(column)) return undefined;
  const table = REFERENCES[column];
  return (table && names.find(table, value)) ?? (typeof value === "bigint" ? exact(value) : value);
}

function exact(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}

function compareFiles(before: Content, after: Content): RowChange[] {
  const old = new Map(before.files.map((file) => [file.name, file.bytes]));
  const now = new Map(after.files.map((file) => [file.name, file.bytes]));
  const icon = (name: string, change: RowChange["change"]): RowChange => ({
    table: "file",
    what: `icon ${quote(name)}`,
    change,
    columns: [],
  });
  return [
    ...[...now].flatMap(([name, bytes]) => {
      const former = old.get(name);
      if (former === undefined) return icon(name, "added");
      return Buffer.compare(former, bytes) === 0 ? [] : icon(name, "changed");
    }),
    ...[...old.keys()].filter((name) => !now.has(name)).map((name) => icon(name, "removed")),
  ];
}
