import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import { readSchema } from "../sqlite/schema.ts";
import type { DatabaseResult, OwnParts } from "../types.ts";
import { countPaused, resumePush } from "./push.ts";
import type { Rules } from "./rules.ts";
import { countOwnValues } from "./values.ts";

/** What is here on purpose other than in the snapshot that was applied. Must run in a transaction. */
export function readOwn(db: Database, { keepsValues = false }: Rules = {}): DatabaseResult<OwnParts> {
  const schema = readSchema(db);
  if (!schema.ok) return schema;
  return success({
    paused: countPaused(db),
    values: keepsValues ? countOwnValues(db, schema.value) : 0,
  });
}

/** Resumes what was paused, since this instance is the primary. Must run in a transaction, with Kuma stopped. */
export function takeOver(db: Database): DatabaseResult<number> {
  return success(resumePush(db));
}
