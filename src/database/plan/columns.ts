import type { Table } from "../../snapshot/index.ts";
import { isUnset } from "../catalog.ts";
import { type Column, isSelfWritten, type LiveTable } from "../sqlite/schema.ts";

/** A column that both sides have. */
export interface SharedColumn extends Column {
  /** Position in the snapshot's rows. */
  readonly from: number;
}

export interface ColumnMatch {
  readonly shared: readonly SharedColumn[];
  /** Columns that only the snapshot has and that hold nothing anybody has set: left out. */
  readonly dropped: readonly string[];
  /** Columns that only the snapshot has and that hold something: applying would lose it. */
  readonly lost: readonly string[];
  /** Columns that only this Kuma has and that demand a value for each new row. */
  readonly demanded: readonly string[];
}

/** Compares the columns of a table by name. Those that Kuma writes by itself count on neither side. */
export function matchColumns({ entry, columns }: LiveTable, table: Table): ColumnMatch {
  const here = columns.filter((column) => !isSelfWritten(entry, column.name));
  const isHere = (name: string) => columns.some((column) => column.name === name);
  const foreign = table.columns.filter((name) => !isHere(name) && !isSelfWritten(entry, name));
  const lost = foreign.filter((name) => holdsSomething(table, name, entry));
  return {
    shared: here.flatMap((column) => {
      const from = table.columns.indexOf(column.name);
      return from < 0 ? [] : [{ ...column, from }];
    }),
    dropped: foreign.filter((name) => !lost.includes(name)),
    lost,
    demanded: here
      .filter((column) => column.notNull && !column.hasDefault && column.name !== entry.owner)
      .map((column) => column.name)
      .filter((name) => !table.columns.includes(name)),
  };
}

function holdsSomething(table: Table, column: string, entry: LiveTable["entry"]): boolean {
  const position = table.columns.indexOf(column);
  const declared = table.defaults?.[column];
  return table.rows.some((row) => !isUnset(entry, column, row[position] ?? null, declared));
}
