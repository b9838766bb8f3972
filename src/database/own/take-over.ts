import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import type { DatabaseResult, OwnParts } from "../types.ts";
import { countPaused, resumePush } from "./push.ts";

/** What is here on purpose other than in the snapshot that was applied. Must run in a transaction. */
export function readOwn(db: Database): DatabaseResult<OwnParts> {
  return success({ paused: countPaused(db) });
}

/** Ends all of it, since this instance is the primary. Must run in a transaction, with Kuma stopped. */
export function takeOver(db: Database): DatabaseResult<OwnParts> {
  return success({ paused: resumePush(db) });
}
