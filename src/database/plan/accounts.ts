import type { Content, Row, Table } from "../../snapshot/index.ts";
import { nameRows } from "./name-rows.ts";

/** Without these of an account nobody can log in with it. */
const NEEDED = ["id", "username", "password"] as const;

/** What is wrong with accounts and API keys that would take the place of those here, in sentences. */
export function describeAccountFaults({ tables }: Content): string[] {
  const users = tables.find(({ name }) => name === "user");
  if (users === undefined) return [];
  const lacking = NEEDED.filter((column) => !users.columns.includes(column));
  if (lacking.length > 0) return [`The table user has no column ${lacking.join(", ")}.`];
  const ids = new Set(users.rows.map((row) => cell(users, row, "id")));
  const names = users.rows.map((row) => String(cell(users, row, "username")).trim());
  const keys = tables.find(({ name }) => name === "api_key");
  return [
    ...NEEDED.flatMap((column) =>
      describe(
        users,
        users.rows.filter((row) => [null, ""].includes(cell(users, row, column) as null | "")),
        `no ${column}`,
      ),
    ),
    ...describe(
      users,
      users.rows.filter((_, at) => names.indexOf(names[at] ?? "") < at),
      "the same username as another",
    ),
    ...(keys === undefined
      ? []
      : describe(
          keys,
          keys.rows.filter((row) => !ids.has(cell(keys, row, "user_id"))),
          "the key of an account that does not exist",
        )),
  ];
}

function cell({ columns }: Table, row: Row, column: string) {
  return row[columns.indexOf(column)] ?? null;
}

function describe(table: Table, rows: readonly Row[], what: string): string[] {
  return rows.length === 0 ? [] : [`${nameRows(table, rows)}: ${what}.`];
}
