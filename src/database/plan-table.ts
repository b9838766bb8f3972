import type { Database } from "better-sqlite3";
import type { Row, Table, Value } from "../snapshot/index.ts";
import { settle } from "./affinity.ts";
import type { ColumnMatch, SharedColumn } from "./columns.ts";
import type { OwnerMap } from "./owners.ts";
import { iterateRows } from "./read.ts";
import type { LiveTable } from "./schema.ts";

/** What has to change in one table. */
export interface TablePlan {
  readonly name: string;
  /** All columns here: the order of `changed` and `removed`. */
  readonly columns: readonly string[];
  /** The order of `added`; columns that are not in it take this schema's default. */
  readonly addedColumns: readonly string[];
  readonly added: readonly Row[];
  readonly changed: readonly { readonly before: Row; readonly after: Row }[];
  readonly removed: readonly Row[];
  /** Rows among those that are written whose owner does not exist here. */
  readonly adopted: number;
  /** NOT NULL columns with no constant default for which the snapshot has a NULL. */
  readonly unfit: ReadonlySet<string>;
}

/** Where the new value of a column comes from: the snapshot (undefined `shared`: it lacks the column), or the owner map. */
interface Target {
  readonly name: string;
  readonly shared: SharedColumn | undefined;
  readonly isOwner: boolean;
}

/** Compares a table's rows by id; reads them all, one at a time, and keeps those that differ. */
export function planTable(
  db: Database,
  live: LiveTable,
  table: Table,
  { shared }: ColumnMatch,
  ownerOf: OwnerMap,
): TablePlan {
  const targets = live.columns.map(({ name }): Target => {
    const isOwner = name === live.entry.owner;
    return { name, isOwner, shared: shared.find((column) => column.name === name) };
  });
  const given = targets.filter((target) => target.shared !== undefined || target.isOwner);
  const columns = targets.map(({ name }) => name);
  const unfit = new Set<string>();
  let adopted = 0;

  /** What a column of a row shall hold. */
  const target = ({ shared: column, isOwner }: Target, wanted: Row, current: Value): Value => {
    const value = column ? (wanted[column.from] ?? null) : null;
    if (isOwner) return ownerOf(value, current);
    return column ? fit(value, column, unfit) : current;
  };
  const isSameRow = (wanted: Row, before: Row): boolean =>
    targets.every((each, position) => {
      const current = before[position] ?? null;
      // The cheap question first: a million values pass here.
      const isHere = each.shared !== undefined && !each.isOwner && wanted[each.shared.from] === current;
      return isHere || isSame(current, target(each, wanted, current));
    });
  const countAdopted = (wanted: Row, written: Row, parts: readonly Target[]) => {
    const position = parts.findIndex(({ isOwner }) => isOwner);
    const from = parts[position]?.shared?.from;
    if (position >= 0 && (from === undefined || written[position] !== wanted[from])) adopted += 1;
  };

  const idFrom = table.columns.indexOf("id");
  const wantedRows = new Map(table.rows.map((row) => [row[idFrom] ?? null, row]));
  const idHere = columns.indexOf("id");
  const changed: { before: Row; after: Row }[] = [];
  const removed: Row[] = [];
  for (const before of iterateRows(db, table.name, columns)) {
    const id = before[idHere] ?? null;
    const wanted = wantedRows.get(id);
    wantedRows.delete(id);
    if (!wanted) {
      removed.push(before);
      continue;
    }
    if (isSameRow(wanted, before)) continue;
    const after = targets.map((each, position) => target(each, wanted, before[position] ?? null));
    changed.push({ before, after });
    countAdopted(wanted, after, targets);
  }
  const added = [...wantedRows.values()].map((wanted) => {
    const row = given.map((each) => target(each, wanted, null));
    countAdopted(wanted, row, given);
    return row;
  });
  return {
    name: table.name,
    columns,
    addedColumns: given.map(({ name }) => name),
    added,
    changed,
    removed,
    adopted,
    unfit,
  };
}

/** An older schema allows NULL in some columns that demand a value in a newer one: its default then means the same. */
function fit(value: Value, column: SharedColumn, unfit: Set<string>): Value {
  if (value !== null || !column.notNull) return settle(value, column.affinity);
  if (column.defaultValue === undefined || column.defaultValue === null) unfit.add(column.name);
  return column.defaultValue ?? null;
}

/** 3 and 3.0 count as equal: which of the two is stored is the column's choice, not Kuma's. */
function isSame(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  // biome-ignore lint/suspicious/noDoubleEquals: only == compares bigint with number, and exactly
  return isNumeric(a) && isNumeric(b) && a == b;
}

function isNumeric(value: Value): value is bigint | number {
  return typeof value === "bigint" || typeof value === "number";
}
