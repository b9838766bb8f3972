import { accountTables, catalog } from "../catalog.ts";
import { REMEMBERED, REMEMBERED_COLUMNS } from "../own/remembered.ts";
import { quote } from "../sqlite/connection.ts";
import { isSelfWritten } from "../sqlite/schema.ts";
import { TABLE as RECORD } from "../write/record.ts";
import { type Mirror, RECORD_COLUMNS } from "./mirror.ts";
import type { Session } from "./session.ts";

/**
 * Tells whether all that a mirror holds is still so, without what Kuma writes by itself and without history. The server
 * makes it, a number for each table: to read 1,000 monitors again takes ten times as long. One edit in four thousand
 * million is overlooked.
 * @param lock from now on nobody else changes these rows until the end of the transaction
 */
export async function digestRows(
  session: Session,
  { tables, scope }: Pick<Mirror, "tables" | "scope">,
  lock: boolean,
): Promise<string> {
  const read = scope.rows
    ? [
        ...tables.map(({ name, columns }) => ({ name, columns: columns.filter(isReplicated(name)) })),
        { name: REMEMBERED, columns: REMEMBERED_COLUMNS.map((name) => ({ name })) },
      ]
    : [];
  const record = { name: RECORD, columns: RECORD_COLUMNS.map((name) => ({ name })) };
  const digests: unknown[] = [];
  for (const { name, columns } of [...read, record]) {
    const parts = columns.map((column) => `IFNULL(CRC32(${quote(column.name)}), '-')`).join(", ");
    const rows = `SELECT COUNT(*), BIT_XOR(CRC32(CONCAT_WS('/', ${parts}))) FROM ${quote(name)}`;
    digests.push(await session.read(lock ? `${rows} LOCK IN SHARE MODE` : rows));
  }
  return JSON.stringify(digests);
}

function isReplicated(table: string): (column: { readonly name: string }) => boolean {
  const entry = [...accountTables, ...catalog].find(({ name }) => name === table);
  return ({ name }) => entry === undefined || !isSelfWritten(entry, name);
}
