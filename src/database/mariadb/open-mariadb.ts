import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import { readOwn, takeOver } from "../own/take-over.ts";
import { examineContent } from "../plan/examine.ts";
import { makePlan } from "../plan/plan.ts";
import { hashContent } from "../read/hash.ts";
import { readContent, type Surroundings } from "../read/read.ts";
import { isUntouched } from "../read/untouched.ts";
import type { DatabaseResult, KumaDatabase } from "../types.ts";
import { applyRows, markApplied } from "../write/apply.ts";
import { readLastApply } from "../write/confirm.ts";
import { previewRollBack } from "../write/preview-roll-back.ts";
import { rollBackRows } from "../write/roll-back.ts";
import { confirmApply, dropAllHistory } from "./confirm.ts";
import { type MirrorScope, makeMirror } from "./mirror.ts";
import { type MariaDbServer, withSession } from "./session.ts";
import { inTransaction } from "./transaction.ts";

export interface MariaDbPlace extends Surroundings {
  readonly server: MariaDbServer;
  /** Of the Kuma that uses the database; for what is said about versions that do not fit. */
  readonly kumaVersion: string;
}

type Scope = Omit<MirrorScope, "lock">;

const RECORD: Scope = { rows: false, record: "summary", history: false };
const ROWS: Scope = { ...RECORD, rows: true };
const ALL: Scope = { rows: true, record: "whole", history: true };

/** Kuma's MariaDB database. Opens nothing yet; see `KumaDatabase` for what each call promises. */
export function openMariaDb(place: MariaDbPlace): KumaDatabase {
  const { server, uploadDir, rules = {} } = place;
  const isAnythingOwn = Object.values(rules).includes(true);
  return {
    read: () => reading(ROWS, (db) => readContent(db, place)),
    hash: () => reading(ROWS, (db) => hashContent(db, place)),
    examine: (content) => reading(ROWS, (db) => examineContent(db, content, uploadDir)),
    isUntouched: () => reading(RECORD, isUntouched),
    plan: (snapshot) =>
      reading(ROWS, (db) => {
        const plan = makePlan(db, snapshot, place);
        return plan.ok ? success(plan.value.summary) : plan;
      }),
    apply: (snapshot, id) =>
      inTransaction(server, uploadDir, ALL, (db) => applyRows(db, snapshot, id, place)),
    lastApply: () => reading(RECORD, readLastApply),
    markApplied: (snapshot, id) =>
      inTransaction(server, uploadDir, isAnythingOwn ? ROWS : RECORD, (db) =>
        markApplied(db, snapshot, id, place),
      ),
    confirm: () => confirmApply(server),
    dropHistory: () => dropAllHistory(server),
    previewRollBack: () => reading({ ...ROWS, record: "whole" }, (db) => previewRollBack(db, place)),
    rollBack: () => inTransaction(server, uploadDir, ALL, rollBackRows),
    readOwn: () => reading(ROWS, readOwn),
    takeOver: () =>
      inTransaction(server, uploadDir, ROWS, (db) => {
        const taken = takeOver(db);
        return taken.ok ? success({ outcome: taken.value, files: [] }) : taken;
      }),
  };

  async function reading<T>(scope: Scope, work: (db: Database) => DatabaseResult<T>) {
    return withSession(server, async (session) => {
      await session.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
      const { db } = await makeMirror(session, { ...scope, lock: false });
      try {
        // What is read keeps others from changing the tables themselves: not longer than needed.
        await session.run("COMMIT");
        return work(db);
      } finally {
        db.close();
      }
    });
  }
}
