import type { Database } from "better-sqlite3";
import type { Row, Table, Value } from "../../snapshot/index.ts";
import { quote } from "../sqlite/connection.ts";
import type { TableChanges } from "./changes.ts";
import { describeMisfit, isUnicode } from "./limits.ts";
import type { Session } from "./session.ts";
import type { MariaDbColumn, MariaDbTable } from "./tables.ts";

/** More than anybody would read; when they are mended the next are named. */
const NAMED = 20;

/** Values per question. */
const BATCH = 500;

/**
 * Bytes that a statement has beside the values of one row; MariaDB ends the connection of who sends it more than it
 * takes.
 */
const OVERHEAD = 64 * 1024;

/** Columns by which people know a row. */
const NAMES = ["name", "title", "slug", "domain"];

/**
 * What a table cannot hold of what is to be written, in sentences with row, column and limit: found before anything is
 * written, while Kuma runs.
 * @param db the mirror, changed already
 */
export async function findMisfits(
  session: Session,
  db: Database,
  table: MariaDbTable,
  changes: TableChanges,
): Promise<string[]> {
  const found: string[] = [];
  for (const rows of [...changes.updated, { columns: changes.columns, rows: changes.inserted }]) {
    const misfits = [...findInRows(session, table, rows), ...(await findForeignText(session, table, rows))];
    found.push(...misfits.map(({ id, reason }) => `${nameRow(db, table, id)}: ${reason}.`));
  }
  if (changes.inserted.length > 0)
    for (const unique of table.unique) found.push(...(await findAlike(session, db, table, unique)));
  return found.length > NAMED ? [...found.slice(0, NAMED), `And ${found.length - NAMED} more.`] : found;
}

/** A row that does not fit, and why. */
interface Misfit {
  readonly id: Value;
  readonly reason: string;
}

type WrittenRows = Pick<Table, "columns" | "rows">;

function findInRows({ maxPacket }: Session, table: MariaDbTable, { columns, rows }: WrittenRows): Misfit[] {
  const limits = columns.map((name) => table.columns.find((column) => column.name === name));
  const idColumn = columns.indexOf("id");
  return rows.flatMap((row) => {
    const reasons = row.flatMap((value, at) => {
      const column = limits[at];
      const reason = column && describeMisfit(column, value);
      return reason ? [`its ${column.name} ${reason}`] : [];
    });
    const size = sizeOf(row);
    if (size > maxPacket - OVERHEAD)
      reasons.push(
        `it has ${size} bytes, the server takes ${maxPacket} at most at a time (max_allowed_packet)`,
      );
    return reasons.map((reason) => ({ id: row[idColumn] ?? null, reason }));
  });
}

/** Text that a column's character set does not hold, by what the server makes of it; ASCII is in all of them. */
async function findForeignText(
  session: Session,
  table: MariaDbTable,
  { columns, rows }: WrittenRows,
): Promise<Misfit[]> {
  const idColumn = columns.indexOf("id");
  const found: Misfit[] = [];
  for (const [at, name] of columns.entries()) {
    const charset = table.columns.find((column) => column.name === name)?.charset;
    if (charset === undefined || isUnicode(charset)) continue;
    const asked = rows.filter((row) => /[^\0-\x7f]/.test(String(row[at])));
    const values = asked.map((row) => String(row[at]));
    const back = await askEach(session, `CONVERT(CONVERT(? USING ${charset}) USING utf8mb4)`, values);
    const reason = `its ${name} has a character that this column does not hold (${charset})`;
    const strange = asked.filter((_, index) => back[index] !== values[index]);
    found.push(...strange.map((row) => ({ id: row[idColumn] ?? null, reason })));
  }
  return found;
}

/**
 * Rows whose values MariaDB takes for the same where each may be there once: it does not tell main from Main, mäin, or
 * main with a blank after it. How, only the server knows: it is asked for what it compares by.
 */
async function findAlike(
  session: Session,
  db: Database,
  table: MariaDbTable,
  unique: readonly string[],
): Promise<string[]> {
  const list = ["id", ...unique].map(quote).join(", ");
  const rows = db
    .prepare<[], Row>(`SELECT ${list} FROM ${quote(table.name)} ORDER BY id`)
    .raw()
    .all();
  const whole = rows.filter((row) => !row.includes(null));
  const keys = whole.map((): string[] => []);
  for (const [index, name] of unique.entries()) {
    const column = table.columns.find((each) => each.name === name);
    const values = whole.map((row) => String(row[index + 1]));
    const compared = column ? await comparedBy(session, column, values) : values;
    for (const [at, key] of compared.entries()) keys[at]?.push(key);
  }
  const groups = new Map<string, Row[]>();
  for (const [at, row] of whole.entries()) {
    const key = JSON.stringify(keys[at]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((same) => {
    if (same.length < 2) return [];
    const ids = same.map(([id]) => id).join(", ");
    return [
      `Rows ${ids} of table ${table.name} (${same.map((row) => row.slice(1).map(String).join(" ")).join(", ")}): their ${unique.join(", ")} is the same to MariaDB.`,
    ];
  });
}

async function comparedBy(
  session: Session,
  { charset, collation }: MariaDbColumn,
  values: readonly string[],
): Promise<string[]> {
  if (charset === undefined || collation === undefined) return [...values];
  // Blanks at the end are no part of what is compared, and weights do not show that.
  const given = collation.includes("nopad") ? values : values.map((value) => value.replace(/ +$/, ""));
  return askEach(session, `HEX(WEIGHT_STRING(CONVERT(? USING ${charset}) COLLATE ${collation}))`, given);
}

/** @param expression SQL with one place for a value */
async function askEach(session: Session, expression: string, values: readonly string[]): Promise<string[]> {
  const answers: string[] = [];
  for (let at = 0; at < values.length; at += BATCH) {
    const some = values.slice(at, at + BATCH);
    const list = some.map((_, index) => `${expression} AS a${index}`).join(", ");
    const [row = []] = await session.ask(`SELECT ${list}`, some);
    answers.push(...row.map(String));
  }
  return answers;
}

/** "Row 3 of table monitor (Web shop)". */
function nameRow(db: Database, { name, columns }: MariaDbTable, id: Value): string {
  const column = NAMES.find((each) => columns.some((own) => own.name === each));
  const called =
    column === undefined
      ? undefined
      : db
          .prepare<[Value], Value>(`SELECT ${quote(column)} FROM ${quote(name)} WHERE id = ?`)
          .pluck()
          .get(id);
  const short = typeof called === "string" && called !== "" ? ` (${called.slice(0, 60)})` : "";
  return `Row ${id} of table ${name}${short}`;
}

function sizeOf(row: Row): number {
  return row.reduce<number>(
    (sum, value) =>
      sum +
      (typeof value === "string" ? Buffer.byteLength(value) : value instanceof Uint8Array ? value.length : 8),
    0,
  );
}
