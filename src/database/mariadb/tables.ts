import { historyTables } from "../catalog.ts";
import type { Cell, Session } from "./session.ts";

/** A column as the server has it. */
export interface MariaDbColumn {
  readonly name: string;
  /** As `int`, `varchar`. */
  readonly type: string;
  /** As `int(10) unsigned`, `enum('1','2c','3')`. */
  readonly fullType: string;
  readonly isNullable: boolean;
  /** As SQL; undefined: none, or NULL. */
  readonly default: string | undefined;
  /** Of text: the greatest number of characters and of bytes. */
  readonly characters: number | undefined;
  readonly bytes: number | undefined;
  readonly charset: string | undefined;
  readonly collation: string | undefined;
}

export interface MariaDbTable {
  readonly name: string;
  readonly columns: readonly MariaDbColumn[];
  /** Sets of columns that must be unique together, the primary key left out. */
  readonly unique: readonly (readonly string[])[];
  readonly references: readonly { readonly column: string; readonly parent: string; readonly key: string }[];
  /** The id that the next row gets; undefined: it has no counter. */
  readonly nextId: bigint | undefined;
}

/** How these tables are made, in this order; those that are not there are left out. */
export async function readTables(session: Session, names: readonly string[]): Promise<MariaDbTable[]> {
  const here = `TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (${names.map(() => "?").join(", ")})`;
  const columns = group(
    await session.ask(
      `SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, CHARACTER_MAXIMUM_LENGTH,
        CHARACTER_OCTET_LENGTH, CHARACTER_SET_NAME, COLLATION_NAME
      FROM information_schema.COLUMNS WHERE ${here} ORDER BY TABLE_NAME, ORDINAL_POSITION`,
      names,
    ),
  );
  const unique = group(
    await session.ask(
      `SELECT TABLE_NAME, GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX SEPARATOR '/')
      FROM information_schema.STATISTICS WHERE ${here} AND NON_UNIQUE = 0 AND INDEX_NAME <> 'PRIMARY'
      GROUP BY TABLE_NAME, INDEX_NAME`,
      names,
    ),
  );
  const references = group(
    await session.ask(
      `SELECT TABLE_NAME, COLUMN_NAME, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
      FROM information_schema.KEY_COLUMN_USAGE WHERE ${here} AND REFERENCED_TABLE_NAME IS NOT NULL`,
      names,
    ),
  );
  const counters = group(
    await session.ask(
      `SELECT TABLE_NAME, CAST(AUTO_INCREMENT AS CHAR) FROM information_schema.TABLES WHERE ${here}`,
      names,
    ),
  );
  return names.flatMap((name) => {
    const [[nextId = null] = []] = counters.get(name) ?? [];
    const own = columns.get(name);
    if (own === undefined) return [];
    return [
      {
        name,
        columns: own.map(toColumn),
        unique: (unique.get(name) ?? []).map(([list]) => String(list).split("/")),
        references: (references.get(name) ?? []).map(([column, parent, key]) => ({
          column: String(column),
          parent: String(parent),
          key: String(key),
        })),
        nextId: nextId === null ? undefined : BigInt(String(nextId)),
      },
    ];
  });
}

/** Those of the history tables that this version of Kuma has. */
export async function historyTablesHere(session: Session): Promise<string[]> {
  const rows = await session.ask(
    `SELECT TABLE_NAME FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (${historyTables.map(() => "?").join(", ")})`,
    historyTables,
  );
  const here = rows.map(([name]) => name);
  return historyTables.filter((name) => here.includes(name));
}

/** By the first column, which is left out. */
function group(rows: readonly Cell[][]): Map<string, Cell[][]> {
  const groups = new Map<string, Cell[][]>();
  for (const [name, ...rest] of rows) {
    const found = groups.get(String(name)) ?? [];
    found.push(rest);
    groups.set(String(name), found);
  }
  return groups;
}

function toColumn(row: readonly Cell[]): MariaDbColumn {
  const [name, type, fullType, isNullable, expression, characters, bytes, charset, collation] = row.map(
    (cell) => (cell === null ? undefined : String(cell)),
  );
  return {
    name: name ?? "",
    type: type ?? "",
    fullType: fullType ?? "",
    isNullable: isNullable === "YES",
    default: expression === "NULL" ? undefined : expression,
    characters: characters === undefined ? undefined : Number(characters),
    bytes: bytes === undefined ? undefined : Number(bytes),
    charset,
    collation,
  };
}
