import type { Row, Value } from "../../snapshot/index.ts";
import { quote } from "../sqlite/connection.ts";
import type { TableChanges } from "./changes.ts";
import type { Cell, Session } from "./session.ts";

/** Ids of one statement. */
const BATCH = 500;

/**
 * Reads back what was written, and looks whether it is that: MariaDB rounds, cuts and folds some values without a word
 * in its strictest mode, and what is known of that (limits.ts) may not be all. Must run in the transaction that wrote.
 * @returns the first row with a value that is another; undefined when all is well
 */
export async function findFolded(
  session: Session,
  { table, columns, inserted, updated }: TableChanges,
): Promise<{ readonly id: Value; readonly columns: readonly string[] } | undefined> {
  for (const group of [{ columns, rows: inserted }, ...updated]) {
    const position = group.columns.indexOf("id");
    for (let at = 0; at < group.rows.length; at += BATCH) {
      const wanted = new Map(group.rows.slice(at, at + BATCH).map((row) => [String(row[position]), row]));
      const stored = await session.ask(
        `SELECT ${group.columns.map(quote).join(", ")} FROM ${quote(table)} WHERE id IN (${[...wanted].map(() => "?").join(", ")})`,
        [...wanted.values()].map((row) => row[position] ?? null),
      );
      const found = new Map(stored.map((row) => [String(row[position]), row]));
      for (const [id, row] of wanted) {
        const differing = differingColumns(group.columns, row, found.get(id));
        if (differing.length > 0) return { id: row[position] ?? null, columns: differing };
      }
    }
  }
  return undefined;
}

function differingColumns(
  columns: readonly string[],
  wanted: Row,
  stored: readonly Cell[] | undefined,
): string[] {
  return columns.filter((_, at) => stored === undefined || !isSame(wanted[at] ?? null, stored[at] ?? null));
}

/** A whole number comes back as a number, or as text where it may be too large for one. */
function isSame(wanted: Value, stored: Cell): boolean {
  if (typeof wanted === "bigint") return stored !== null && String(stored) === String(wanted);
  if (wanted instanceof Uint8Array) return Buffer.isBuffer(stored) && Buffer.compare(stored, wanted) === 0;
  return wanted === stored;
}
