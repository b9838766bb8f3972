import { success } from "../../result.ts";
import { catalog } from "../catalog.ts";
import { LOCAL_FROM } from "../own/local.ts";
import { quote } from "../sqlite/connection.ts";
import type { DatabaseResult } from "../types.ts";
import { type MariaDbServer, type Session, withSession } from "./session.ts";
import { historyTablesHere, readTables } from "./tables.ts";

const NAMES = catalog.map(({ name }) => name);

/** As `raiseCounters` of SQLite; not in a transaction: that would be committed by it. */
export function raiseCounters(server: MariaDbServer): Promise<DatabaseResult<void>> {
  return withSession(server, async (session) => {
    for (const { name, nextId } of await readTables(session, NAMES)) {
      if (nextId !== undefined && nextId < LOCAL_FROM) await setCounter(session, name, LOCAL_FROM);
    }
    return success(undefined);
  });
}

/** After `shareLocal`. InnoDB itself takes the next id that is free where it is told a lower one. */
export function lowerCounters(server: MariaDbServer): Promise<DatabaseResult<void>> {
  return withSession(server, async (session) => {
    const free = (await lastWithHistory(session)) + 1n;
    for (const { name, nextId } of await readTables(session, NAMES)) {
      if (nextId !== undefined && nextId >= LOCAL_FROM)
        await setCounter(session, name, name === "monitor" ? free : 1n);
    }
    return success(undefined);
  });
}

/** Nobody may inherit what is kept of a monitor that is gone. */
async function lastWithHistory(session: Session): Promise<bigint> {
  let greatest = 0n;
  for (const table of await historyTablesHere(session)) {
    const find = `SELECT COALESCE(MAX(monitor_id), 0) FROM ${quote(table)} WHERE monitor_id < ?`;
    const [[found = 0] = []] = await session.ask(find, [LOCAL_FROM]);
    const last = BigInt(String(found));
    if (last > greatest) greatest = last;
  }
  return greatest;
}

async function setCounter(session: Session, table: string, next: bigint): Promise<void> {
  await session.run(`ALTER TABLE ${quote(table)} AUTO_INCREMENT = ${next}`);
}
