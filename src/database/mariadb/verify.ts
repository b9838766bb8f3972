import type { Database } from "better-sqlite3";
import { quote } from "../sqlite/connection.ts";
import type { TableChanges } from "./changes.ts";
import { insertMirrored } from "./mirror.ts";
import type { Session } from "./session.ts";

/** Ids of one statement. */
const BATCH = 500;

/**
 * Reads back what was written, and looks whether it is that: MariaDB rounds, cuts and folds some values without a word
 * in its strictest mode, and what is known of that may not be all. Must run in the transaction that wrote.
 * @returns the first value that is another, as `name`; undefined when all is well
 */
export async function findFolded(
  session: Session,
  db: Database,
  { table, columns, inserted, updated }: TableChanges,
): Promise<{ readonly id: bigint; readonly columns: readonly string[] } | undefined> {
  const position = columns.indexOf("id");
  const ids = [
    ...inserted.map((row) => row[position] ?? null),
    ...updated.flatMap(({ rows }) => rows.map((row) => row.at(-1) ?? null)),
  ];
  const list = columns.map(quote);
  const [own, stored] = [`main.${quote(table)}`, quote(`${table} stored`)];
  db.exec(`CREATE TEMP TABLE ${stored} AS SELECT * FROM ${own} WHERE 0`);
  for (let at = 0; at < ids.length; at += BATCH) {
    const some = ids.slice(at, at + BATCH);
    const places = some.map(() => "?").join(", ");
    const rows = await session.ask(
      `SELECT ${list.join(", ")} FROM ${quote(table)} WHERE id IN (${places})`,
      some,
    );
    insertMirrored(db, `${table} stored`, list, rows);
  }
  const touched = `id IN (SELECT id FROM ${quote(`${table} touched`)})`;
  const other = db
    .prepare<[], bigint>(
      `SELECT id FROM (SELECT ${list.join(", ")} FROM ${own} WHERE ${touched}
        EXCEPT SELECT ${list.join(", ")} FROM ${stored}) ORDER BY id LIMIT 1`,
    )
    .pluck()
    .get();
  if (other === undefined) return undefined;
  const differing = columns.filter(
    (column) =>
      db
        .prepare(
          `SELECT 1 FROM ${own} AS wanted LEFT JOIN ${stored} AS found ON found.id = wanted.id
          WHERE wanted.id = ? AND wanted.${quote(column)} IS NOT found.${quote(column)}`,
        )
        .get(other) !== undefined,
  );
  return { id: other, columns: differing };
}
