import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import { accountTables, catalog } from "../catalog.ts";
import { mayBeOwn } from "../own/rules.ts";
import { readOwn, takeOver } from "../own/take-over.ts";
import { examineContent } from "../plan/examine.ts";
import { hashContent } from "../read/hash.ts";
import { readContent, type Surroundings } from "../read/read.ts";
import { isUntouched } from "../read/untouched.ts";
import { quote } from "../sqlite/connection.ts";
import type { DatabaseResult, KumaDatabase } from "../types.ts";
import { applyRows, prepareMark } from "../write/apply.ts";
import { readLastApply } from "../write/confirm.ts";
import { previewRollBack } from "../write/preview-roll-back.ts";
import { rollBackRows } from "../write/roll-back.ts";
import { changeAtOnce } from "../write/transaction.ts";
import { confirmApply, dropAllHistory } from "./confirm.ts";
import { lowerCounters, raiseCounters } from "./counters.ts";
import { inspectServer, readUptime } from "./inspect.ts";
import { type Mirror, type MirrorScope, RECORD_ONLY, withMirror } from "./mirror.ts";
import { type MariaDbServer, type Session, withSession } from "./session.ts";
import { changeMirror, inTransaction } from "./transaction.ts";

export interface MariaDbPlace extends Surroundings {
  readonly server: MariaDbServer;
  /** Of the Kuma that uses the database; for what is said about versions that do not fit. */
  readonly kumaVersion: string;
}

type Scope = Omit<MirrorScope, "lock">;

const ROWS: Scope = { ...RECORD_ONLY, rows: true };
const ALL: Scope = { rows: true, record: "whole", history: true };

/** Kuma's MariaDB database. Opens nothing yet; see `KumaDatabase` for what each call promises. */
export function openMariaDb(place: MariaDbPlace): KumaDatabase {
  const { server, uploadDir, rules = {} } = place;
  const hash = () => reading(ROWS, ({ db }) => hashContent(db, place));
  return {
    read: () => reading(ROWS, ({ db }) => readContent(db, place)),
    hash,
    look: async (before) => {
      const mark = await withSession(server, async (session) => success(await readMark(session)));
      if (!mark.ok) return mark;
      if (mark.value === before?.mark) return success(before);
      const contentHash = await hash();
      return contentHash.ok ? success({ mark: mark.value, contentHash: contentHash.value }) : contentHash;
    },
    examine: (content) => reading(ROWS, ({ db }) => examineContent(db, content, place)),
    isUntouched: () => reading(RECORD_ONLY, ({ db }) => isUntouched(db)),
    // By doing it, to the mirror: so that all that keeps an apply from succeeding is found while Kuma runs.
    plan: (snapshot) =>
      reading(ALL, async (mirror, session) => {
        const id = { snapshotId: "", contentHash: "" };
        const change = (db: Database) => applyRows(db, snapshot, id, place);
        const planned = await changeMirror(session, server, mirror, change);
        return planned.ok ? success(planned.value.outcome) : planned;
      }),
    apply: (snapshot, order) =>
      countingLocally(() =>
        inTransaction(server, uploadDir, ALL, (db) => applyRows(db, snapshot, order, place)),
      ),
    lastApply: () => reading(RECORD_ONLY, ({ db }) => readLastApply(db)),
    markApplied: (snapshot, id) =>
      countingLocally(() =>
        inTransaction(server, uploadDir, mayBeOwn(rules) ? ROWS : RECORD_ONLY, (db) =>
          changeAtOnce(prepareMark(db, snapshot, id, place)),
        ),
      ),
    confirm: () => confirmApply(server),
    dropHistory: () => dropAllHistory(server),
    previewRollBack: () => reading({ ...ROWS, record: "whole" }, ({ db }) => previewRollBack(db, place)),
    rollBack: () => inTransaction(server, uploadDir, ALL, (db) => rollBackRows(db, uploadDir)),
    inspect: () => reading(ROWS, inspectServer),
    serverUpFor: () => withSession(server, readUptime),
    readOwn: () => reading(ROWS, ({ db }) => readOwn(db, rules)),
    takeOver: async () => {
      const done = await inTransaction(server, uploadDir, ALL, (db) => takeOver(db, uploadDir));
      const lowered = done.ok ? await lowerCounters(server) : done;
      return lowered.ok ? done : lowered;
    },
  };

  /** Its counters are no part of a transaction, so they come first. */
  async function countingLocally<T>(call: () => Promise<DatabaseResult<T>>): Promise<DatabaseResult<T>> {
    const raised = rules.keepsLocal ? await raiseCounters(server) : success(undefined);
    return raised.ok ? call() : raised;
  }

  async function reading<T>(
    scope: Scope,
    work: (mirror: Mirror, session: Session) => DatabaseResult<T> | Promise<DatabaseResult<T>>,
  ): Promise<DatabaseResult<T>> {
    return withSession(server, async (session) => {
      await session.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
      return withMirror(session, { ...scope, lock: false }, async (mirror) => {
        // What is read keeps others from changing the tables themselves: not longer than needed.
        await session.run("COMMIT");
        return work(mirror, session);
      });
    });
  }
}

/** The server's own checksum of each table; NULL where there is none of that name. */
async function readMark(session: Session): Promise<string> {
  const tables = [...catalog, ...accountTables].map(({ name }) => quote(name));
  return JSON.stringify(await session.read(`CHECKSUM TABLE ${tables.join(", ")}`));
}
