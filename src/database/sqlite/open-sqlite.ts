import { statSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import { readOwn, takeOver } from "../own/take-over.ts";
import { examineContent } from "../plan/examine.ts";
import { makePlan } from "../plan/plan.ts";
import { hashContent } from "../read/hash.ts";
import { inspectDatabase } from "../read/inspect.ts";
import { readContent, type Surroundings } from "../read/read.ts";
import { isUntouched } from "../read/untouched.ts";
import type { DatabaseResult, KumaDatabase } from "../types.ts";
import { applySnapshot, prepareMark } from "../write/apply.ts";
import { confirmApply, dropAllHistory, readLastApply } from "../write/confirm.ts";
import { previewRollBack } from "../write/preview-roll-back.ts";
import { rollBackApply } from "../write/roll-back.ts";
import { withFiles, withFilesPrepared } from "../write/transaction.ts";
import { inTransaction, withDatabase } from "./connection.ts";
import { pagesOfTables, readWal } from "./trace.ts";

export interface KumaFiles extends Surroundings {
  /** Kuma's database file, absolute. */
  readonly file: string;
  /** Of the Kuma that uses the database; for what is said about versions that do not fit. */
  readonly kumaVersion: string;
}

/** The calls of `KumaDatabase`, answered at once: for the thread that may wait, and for tests. */
export type SyncDatabase = {
  readonly [Call in keyof KumaDatabase]: (
    ...given: Parameters<KumaDatabase[Call]>
  ) => Awaited<ReturnType<KumaDatabase[Call]>>;
};

/** Kuma's SQLite database. Opens nothing yet; see `KumaDatabase` for what each call promises. */
export function openSqlite(files: KumaFiles): SyncDatabase {
  const { file, uploadDir } = files;
  return {
    read: () => reading((db) => readContent(db, files)),
    hash: () => reading((db) => hashContent(db, files)),
    look: (before) => {
      const mark = markOf(file);
      if (mark === before?.mark) return success(before);
      const wal = readWal(file, before?.trace);
      if (
        before?.trace !== undefined &&
        wal?.salts === before.trace.salts &&
        ![...wal.pages].some((page) => before.trace?.pages.has(page))
      )
        return success({ ...before, mark, trace: { ...before.trace, frames: wal.frames } });
      return reading((db) => {
        const hashed = hashContent(db, files);
        if (!hashed.ok) return hashed;
        const trace = wal && { salts: wal.salts, frames: wal.frames, pages: pagesOfTables(db) };
        return success({ mark, contentHash: hashed.value, trace });
      });
    },
    examine: (content) => reading((db) => examineContent(db, content, files)),
    isUntouched: () => reading(isUntouched),
    plan: (snapshot) =>
      reading((db) => {
        const plan = makePlan(db, snapshot, files);
        return plan.ok ? success(plan.value.summary) : plan;
      }),
    apply: (snapshot, order) =>
      withDatabase(file, "write", (db) => applySnapshot(db, snapshot, order, files)),
    lastApply: () => reading(readLastApply),
    markApplied: (snapshot, id) =>
      withDatabase(file, "write", (db) =>
        withFilesPrepared(db, uploadDir, () => prepareMark(db, snapshot, id, files)),
      ),
    confirm: () => withDatabase(file, "write", confirmApply),
    dropHistory: () => withDatabase(file, "write", dropAllHistory),
    previewRollBack: () => reading((db) => previewRollBack(db, files)),
    rollBack: () => withDatabase(file, "write", (db) => rollBackApply(db, uploadDir)),
    inspect: () => reading(inspectDatabase),
    serverUpFor: () => success(undefined),
    readOwn: () => reading((db) => readOwn(db, files.rules)),
    takeOver: () =>
      withDatabase(file, "write", (db) => withFiles(db, uploadDir, () => takeOver(db, uploadDir))),
  };

  function reading<T>(work: (db: Database) => DatabaseResult<T>) {
    return withDatabase(file, "read", (db) => inTransaction(db, "DEFERRED", () => work(db)));
  }
}

/** Whatever is written goes to one of these files first: in WAL mode, which Kuma uses, to the second. */
function markOf(file: string): string {
  return [file, `${file}-wal`]
    .map((each) => statSync(each, { bigint: true, throwIfNoEntry: false }))
    .map((stats) => (stats === undefined ? "none" : `${stats.ino} ${stats.size} ${stats.mtimeNs}`))
    .join(", ");
}
