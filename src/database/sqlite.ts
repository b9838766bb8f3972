import type { Database } from "better-sqlite3";
import { success } from "../result.ts";
import { applySnapshot } from "./apply.ts";
import { confirmApply } from "./confirm.ts";
import { inTransaction, withDatabase } from "./connection.ts";
import { hashContent } from "./hash.ts";
import { makePlan } from "./plan.ts";
import { readContent } from "./read.ts";
import { noteApplied, readRecord, summarize } from "./record.ts";
import { rollBackApply } from "./roll-back.ts";
import type { DatabaseResult, KumaDatabase, LastApply } from "./types.ts";
import { isUntouched } from "./untouched.ts";

export interface KumaFiles {
  /** Kuma's database file, absolute. */
  readonly file: string;
  /** The folder of uploaded icons, absolute; need not exist. */
  readonly uploadDir: string;
  /** Of the Kuma that uses the database; for what is said about versions that do not fit. */
  readonly kumaVersion: string;
}

/** Kuma's SQLite database. Opens nothing yet; see `KumaDatabase` for what each call promises. */
export function openKumaDatabase({ file, uploadDir, kumaVersion }: KumaFiles): KumaDatabase {
  return {
    read: () => reading((db) => readContent(db, uploadDir)),
    hash: () => reading((db) => hashContent(db, uploadDir)),
    isUntouched: () => reading(isUntouched),
    plan: (snapshot) =>
      reading((db) => {
        const plan = makePlan(db, snapshot, uploadDir, kumaVersion);
        return plan.ok ? success(plan.value.summary) : plan;
      }),
    apply: (snapshot, id) =>
      withDatabase(file, "write", (db) => applySnapshot(db, snapshot, id, { uploadDir, kumaVersion })),
    lastApply: () =>
      reading((db): DatabaseResult<LastApply | undefined> => {
        const record = readRecord(db);
        if (!record.ok) return record;
        const stored = record.value;
        return success(
          stored && {
            ...summarize(stored),
            hasStaleHistory: stored.staleHistory.length > 0,
            canUndo: stored.canUndo,
          },
        );
      }),
    markApplied: (id) =>
      withDatabase(file, "write", (db) => inTransaction(db, "IMMEDIATE", () => noteApplied(db, id))),
    confirm: () => withDatabase(file, "write", confirmApply),
    rollBack: () => withDatabase(file, "write", (db) => rollBackApply(db, uploadDir)),
  };

  function reading<T>(work: (db: Database) => DatabaseResult<T>) {
    return withDatabase(file, "read", (db) => inTransaction(db, "DEFERRED", () => work(db)));
  }
}
