import type { Database } from "better-sqlite3";
import type { Value } from "../../snapshot/index.ts";

/** Gives the account of this instance that a row shall belong to. */
export type OwnerMap = (wanted: Value, current: Value) => Value;

/**
 * The snapshot's owner where that account exists here, else the row's present owner, else the first account. Kuma
 * does not list a row without an existing owner. With no account yet it is 1: the id that Kuma's AUTOINCREMENT will
 * give to the first, who then sees everything.
 */
export function mapOwners(db: Database): OwnerMap {
  const accounts = new Set(db.prepare<[], bigint>("SELECT id FROM user ORDER BY id").pluck().all());
  const first = accounts.values().next().value ?? 1n;
  const exists = (owner: Value) => typeof owner === "bigint" && accounts.has(owner);
  return (wanted, current) => (exists(wanted) ? wanted : exists(current) ? current : first);
}

/** False until somebody has set Kuma up: owners then point at an account that is still to come. */
export function hasAccounts(db: Database): boolean {
  return db.prepare("SELECT 1 FROM user LIMIT 1").get() !== undefined;
}
