import type { Database } from "better-sqlite3";
import type { Content, Table, Value } from "../../snapshot/index.ts";

/** Where Kuma 3 has its accounts. */
export const OTHER_ACCOUNTS = "better_auth_user";

/** Gives the account of this instance that a row shall belong to. */
export type OwnerMap = (wanted: Value, current: Value) => Value;

/**
 * The snapshot's owner where that account exists here, else the row's present owner, else the first account. Kuma
 * does not list a row without an existing owner. With no account yet it is the one that will be the first, where that
 * is known.
 */
export function mapOwners(db: Database, { tables }: Content): OwnerMap {
  const { ids: here, next } = readAccounts(db);
  const ids = idsIn(tables.find(({ name }) => name === "user")) ?? here;
  const accounts = new Set<Value>(ids);
  const first = ids[0] ?? next;
  return (wanted, current) => (accounts.has(wanted) ? wanted : accounts.has(current) ? current : first);
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

/**
 * The accounts, the first one first, and the id of the next one should there be none. Up to 2.5 Kuma's AUTOINCREMENT
 * gives 1. From 3.0 on (read at 3.0.0-beta.0) they are in a table of better-auth, by random text; the old table stays,
 * with accounts that rows belong to no more.
 */
function readAccounts(db: Database): { readonly ids: readonly Value[]; readonly next: Value } {
  const list = (sql: string) => db.prepare<[], Value>(sql).pluck().all();
  return hasOtherAccounts(db)
    ? { ids: list(`SELECT id FROM ${OTHER_ACCOUNTS} ORDER BY createdAt, id`), next: null }
    : { ids: list("SELECT id FROM user ORDER BY id"), next: 1n };
}

/** Whether accounts are no rows of `user` here. */
export function hasOtherAccounts(db: Database): boolean {
  const find = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?";
  return db.prepare(find).get(OTHER_ACCOUNTS) !== undefined;
}
