import type { Row, Table } from "../../snapshot/index.ts";

/** More than anybody would read; when they are mended the next are named. */
const NAMED = 200;

/** "Row 3 of table tag", "Rows 3, 5 of table tag". */
export function nameRows({ name, columns }: Table, rows: readonly Row[]): string {
  const position = columns.indexOf("id");
  const ids = rows.slice(0, NAMED).map((row) => row[position]);
  const more = rows.length > NAMED ? ` and ${rows.length - NAMED} more` : "";
  return `${rows.length === 1 ? "Row" : "Rows"} ${ids.join(", ")}${more} of table ${name}`;
}
