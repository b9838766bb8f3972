import type { Database } from "better-sqlite3";
import type { Row, Table, Value } from "../../snapshot/index.ts";
import type { LocalIds } from "../own/local.ts";
import { iterateRows } from "../read/read.ts";
import { applyAffinity } from "../sqlite/affinity.ts";
import type { LiveTable } from "../sqlite/schema.ts";
import { hasUniqueColumns } from "../sqlite/unique.ts";
import type { ColumnMatch, SharedColumn } from "./columns.ts";
import { isAnother } from "./identity.ts";
import type { OwnerMap } from "./owners.ts";

/** What has to change in one table. */
export interface TablePlan {
  readonly name: string;
  /** All columns here: the order of `removed`. */
  readonly columns: readonly string[];
  /** The order of `added`; columns that are not in it take this schema's default. */
  readonly addedColumns: readonly string[];
  readonly added: readonly Row[];
  readonly changed: readonly ChangedRows[];
  readonly removed: readonly Row[];
  /** Rows of this instance's own; they stay unless `keepLocal` says otherwise. */
  readonly local: readonly Row[];
  /** Ids of rows that are another thing in the snapshot than here: each is among `removed` and among `added`. */
  readonly replaced: ReadonlySet<Value>;
  /** Rows among those that are written whose owner does not exist here. */
  readonly adopted: number;
  /** NOT NULL columns with no constant default for which the snapshot has a NULL. */
  readonly unfit: ReadonlySet<string>;
}

/** Rows that change in the same columns: an edit touches few, and often the same in many rows. */
export interface ChangedRows {
  /** Those that change, then `id`. Where a table demands unique values, all of them, for there rows are replaced. */
  readonly columns: readonly string[];
  readonly before: readonly Row[];
  readonly after: readonly Row[];
}

/**
 * Where the new value of a column comes from: the snapshot (undefined `shared`: it lacks the column), or the owner map.
 */
interface Target {
  readonly name: string;
  readonly position: number;
  readonly shared: SharedColumn | undefined;
  readonly isOwner: boolean;
}

/** Compares a table's rows by id; reads them all, one at a time, and keeps what differs. */
export function planTable(
  db: Database,
  live: LiveTable,
  table: Table,
  { shared }: ColumnMatch,
  { ownerOf, localIds }: { readonly ownerOf: OwnerMap; readonly localIds: LocalIds },
): TablePlan {
  const targets = live.columns.map(({ name }, position): Target => {
    const isOwner = name === live.entry.owner;
    return { name, position, isOwner, shared: shared.find((column) => column.name === name) };
  });
  const columns = targets.map(({ name }) => name);
  const isReplaced = hasUniqueColumns(db, table.name);
  const unfit = new Set<string>();

  /** What a column of a row shall hold. */
  const newValue = ({ shared: column, isOwner }: Target, wanted: Row, current: Value): Value => {
    const value = column ? (wanted[column.from] ?? null) : null;
    if (isOwner) return ownerOf(value, current);
    return column ? coerce(value, column, unfit) : current;
  };
  const differs = (target: Target, wanted: Row, before: Row): boolean => {
    const current = before[target.position] ?? null;
    // The cheap question first: a million values pass here.
    if (target.shared && !target.isOwner && wanted[target.shared.from] === current) return false;
    return !isSame(current, newValue(target, wanted, current));
  };
  const owner = targets.find(({ isOwner }) => isOwner);
  const isAdopted = (wanted: Row, before: Row): boolean => {
    if (owner === undefined) return false;
    const { shared: column, position } = owner;
    return column === undefined || newValue(owner, wanted, before[position] ?? null) !== wanted[column.from];
  };

  const idFrom = table.columns.indexOf("id");
  const wantedRows = new Map(table.rows.map((row) => [row[idFrom] ?? null, row]));
  const idHere = columns.indexOf("id");
  const changes = createChanges(idHere);
  const removed: Row[] = [];
  const local: Row[] = [];
  const own = localIds.get(table.name);
  const replaced = new Map<Value, Row>();
  let adopted = 0;
  for (const before of iterateRows(db, table.name, columns)) {
    const id = before[idHere] ?? null;
    if (own?.has(id)) {
      local.push(before);
      continue;
    }
    const wanted = wantedRows.get(id);
    wantedRows.delete(id);
    if (!wanted) {
      removed.push(before);
      continue;
    }
    const differing = targets.filter((target) => differs(target, wanted, before));
    if (differing.length === 0) continue;
    if (isAnother(live.entry, { columns, row: before }, { columns: table.columns, row: wanted })) {
      removed.push(before);
      replaced.set(id, wanted);
      continue;
    }
    const written = isReplaced ? targets : differing;
    changes.add(before, written, (target) => newValue(target, wanted, before[target.position] ?? null));
    if (isAdopted(wanted, before)) adopted += 1;
  }
  const given = targets.filter((target) => target.shared !== undefined || target.isOwner);
  const added = [...replaced.values(), ...wantedRows.values()];
  return {
    name: table.name,
    columns,
    addedColumns: given.map(({ name }) => name),
    added: added.map((wanted) => given.map((target) => newValue(target, wanted, null))),
    changed: changes.groups(),
    removed,
    local,
    replaced: new Set(replaced.keys()),
    adopted: adopted + added.filter((wanted) => isAdopted(wanted, [])).length,
    unfit,
  };
}

/**
 * Gathers changed rows by the columns in which they change.
 * @param id position of the column `id`
 */
function createChanges(id: number) {
  const groups = new Map<string, { columns: string[]; before: Row[]; after: Row[] }>();
  return {
    add: (row: Row, targets: readonly Target[], newValue: (target: Target) => Value) => {
      const others = targets.filter(({ position }) => position !== id);
      const key = others.map(({ position }) => position).join(" ");
      const group = groups.get(key) ?? {
        columns: [...others.map(({ name }) => name), "id"],
        before: [],
        after: [],
      };
      groups.set(key, group);
      group.before.push([...others.map(({ position }) => row[position] ?? null), row[id] ?? null]);
      group.after.push([...others.map(newValue), row[id] ?? null]);
    },
    groups: () => [...groups.values()],
  };
}

/** An older schema allows NULL in some columns that demand a value in a newer one: its default then means the same. */
function coerce(value: Value, column: SharedColumn, unfit: Set<string>): Value {
  if (value !== null || !column.notNull) return applyAffinity(value, column.affinity);
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
