import type { Database } from "better-sqlite3";
import type { Content, Table, Value } from "../../snapshot/index.ts";

/** Gives the account of this instance that a row shall belong to. */
export type OwnerMap = (wanted: Value, current: Value) => Value;

/**
 * The snapshot's owner where that account exists here, else the row's present owner, else the first account. Kuma
 * does not list a row without an existing owner. With no account yet it is 1: the id that Kuma's AUTOINCREMENT will
 * give to the first, who then sees everything.
 */
export function mapOwners(db: Database, { tables }: Content): OwnerMap {
  const accounts = new Set<Value>(
    idsIn(tables.find(({ name }) => name === "user")) ??
      db.prepare<[], bigint>("SELECT id FROM user ORDER BY id").pluck().all(),
  );
  const first = accounts.values().next().value ?? 1n;
  const exists = (owner: Value) => owner !== null && accounts.has(owner);
  return (wanted, current) => (exists(wanted) ? wanted : exists(current) ? current : first);
}

/** Of accounts that come with the snapshot. */
function idsIn(table: Table | undefined): Value[] | undefined {
  const position = table?.columns.indexOf("id") ?? -1;
  return table?.rows.map((row) => row[position] ?? null);
}

/** False until somebody has set Kuma up: owners then point at an account that is still to come. */
export function hasAccounts(db: Database): boolean {
  return db.prepare("SELECT 1 FROM user LIMIT 1").get() !== undefined;
}
