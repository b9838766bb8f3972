import type { Database } from "better-sqlite3";
import type { Content, Row, Table, Value } from "../../snapshot/index.ts";
import type { CatalogReference } from "../catalog.ts";
import { LOCAL_FROM, type LocalIds } from "../own/local.ts";
import type { LiveTable } from "../sqlite/schema.ts";
import { uniqueColumns } from "../sqlite/unique.ts";
import { nameRows } from "./name-rows.ts";
import type { OwnerMap } from "./owners.ts";
import type { ChangedRows, TablePlan } from "./plan-table.ts";

/** What has to change in the rows of one table that are this instance's own, so that they fit the snapshot. */
interface KeptLocal {
  readonly plan: TablePlan;
  /** In sentences. */
  readonly notes: readonly string[];
}

/** Gives the ids of a table once the content is here, with what is this instance's own. */
export function idsWithLocal({ tables }: Content, local: LocalIds): (table: string) => ReadonlySet<Value> {
  const found = new Map(
    tables.map(({ name, columns, rows }) => {
      const position = columns.indexOf("id");
      return [name, new Set([...rows.map((row) => row[position] ?? null), ...(local.get(name) ?? [])])];
    }),
  );
  return (table) => found.get(table) ?? new Set();
}

/**
 * The plan of a table with what becomes of its local rows (`TablePlan.local`). They stay; but one that belongs to a row
 * which goes, goes with it, a reference to such a row becomes NULL, a link whose id the snapshot needs gets another,
 * and a value which only one may have is the snapshot's.
 * @param context.after from `idsWithLocal`
 */
export function keepLocal(
  db: Database,
  { entry }: LiveTable,
  { plan, table }: { readonly plan: TablePlan; readonly table: Table },
  { after, ownerOf }: { readonly after: (table: string) => ReadonlySet<Value>; readonly ownerOf: OwnerMap },
): KeptLocal {
  const { columns, local } = plan;
  if (local.length === 0) return { plan, notes: [] };
  const idAt = columns.indexOf("id");
  const wanted = new Set(table.rows.map((row) => row[table.columns.indexOf("id")] ?? null));
  const unique = uniqueColumns(db, table.name).flatMap((each) => (each.length === 1 ? each : []));
  const taken = new Map(
    unique.map((column) => {
      const position = table.columns.indexOf(column);
      return [column, new Set(table.rows.map((row) => row[position] ?? null))];
    }),
  );
  let next = local.reduce((last, row) => {
    const id = row[idAt];
    return typeof id === "bigint" && id >= last ? id + 1n : last;
  }, LOCAL_FROM);
  const [removed, gone, moved, renamed]: [Row[], Row[], Row[], Row[]] = [[], [], [], []];
  const changed: { before: Row; after: Row }[] = [];

  for (const row of local) {
    const fitting = fit(row, entry.references ?? []);
    if (fitting === undefined) gone.push(row);
    else if (wanted.has(row[idAt] ?? null)) {
      removed.push(row);
      moved.push(fitting.with(idAt, next));
      next += 1n;
    } else if (fitting !== row) changed.push({ before: row, after: fitting });
  }
  return {
    plan: {
      ...plan,
      removed: [...plan.removed, ...gone, ...removed],
      added: [
        ...plan.added,
        ...moved.map((row) => plan.addedColumns.map((column) => row[columns.indexOf(column)] ?? null)),
      ],
      changed: mergeChanged(plan.changed, changed, columns, unique.length > 0),
    },
    notes: [
      ...(gone.length > 0
        ? [
            `${nameRows({ ...table, columns }, gone)}, of this instance's own: gone with what they belonged to.`,
          ]
        : []),
      ...(renamed.length > 0
        ? [
            `${nameRows({ ...table, columns }, renamed)}, of this instance's own: the primary has taken its ${unique.join(", ")}, so it has another now.`,
          ]
        : []),
    ],
  };

  /** The row as it may stay; undefined when what it belongs to goes. */
  function fit(row: Row, references: readonly CatalogReference[]): Row | undefined {
    const broken = references.filter(({ column, parent }) => {
      const value = row[columns.indexOf(column)] ?? null;
      return value !== null && !after(parent).has(value);
    });
    if (broken.some(({ dangling }) => dangling === "row goes")) return undefined;
    return rename(
      broken.reduce((fitting, { column }) => fitting.with(columns.indexOf(column), null), withOwner(row)),
    );
  }

  /** Its account may be none of those that come with the snapshot. */
  function withOwner(row: Row): Row {
    const position = columns.indexOf(entry.owner ?? "");
    const owner = row[position] ?? null;
    const kept = owner === null ? owner : ownerOf(owner, owner);
    return kept === owner ? row : row.with(position, kept);
  }

  function rename(row: Row): Row {
    let fitting = row;
    for (const [column, values] of taken) {
      const position = columns.indexOf(column);
      const value = fitting[position] ?? null;
      if (value === null || !values.has(value)) continue;
      renamed.push(row);
      fitting = fitting.with(position, free(String(value), values));
    }
    return fitting;
  }

  function free(value: string, values: ReadonlySet<Value>): string {
    const position = columns.indexOf(unique[0] ?? "");
    const own = new Set(local.map((row) => row[position] ?? null));
    for (let count = 1; ; count += 1) {
      const name = count === 1 ? `${value}-local` : `${value}-local-${count}`;
      if (!values.has(name) && !own.has(name)) return name;
    }
  }
}

/** @param isReplaced rows are written whole, and all of them at once, so that two may swap values */
function mergeChanged(
  groups: readonly ChangedRows[],
  changed: readonly { before: Row; after: Row }[],
  columns: readonly string[],
  isReplaced: boolean,
): ChangedRows[] {
  const merged = new Map(groups.map((group) => [group.columns.join(" "), group]));
  for (const { before, after } of changed) {
    const others = columns.filter((name, at) => name !== "id" && (isReplaced || before[at] !== after[at]));
    const written = [...others, "id"];
    const group = merged.get(written.join(" ")) ?? { columns: written, before: [], after: [] };
    const pick = (row: Row) => written.map((name) => row[columns.indexOf(name)] ?? null);
    merged.set(written.join(" "), {
      columns: written,
      before: [...group.before, pick(before)],
      after: [...group.after, pick(after)],
    });
  }
  return [...merged.values()];
}
