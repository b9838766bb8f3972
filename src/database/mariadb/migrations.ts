import { success } from "../../result.ts";
import type { DatabaseResult } from "../types.ts";
import { type MariaDbServer, withSession } from "./session.ts";

/** The migrations that Kuma has made here; undefined: it has not made its tables yet. */
export async function readMigrations(
  server: MariaDbServer,
): Promise<DatabaseResult<ReadonlySet<unknown> | undefined>> {
  const done = await withSession(server, async (session) =>
    success(new Set((await session.read("SELECT name FROM knex_migrations")).flat())),
  );
  const isEmpty =
    !done.ok && (done.problem.code === "database-missing" || done.problem.code === "schema-unknown");
  return isEmpty ? success(undefined) : done;
}
