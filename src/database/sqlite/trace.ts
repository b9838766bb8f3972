import { closeSync, openSync, readSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { accountTables, catalog } from "../catalog.ts";
import type { Trace } from "../types.ts";

/** https://www.sqlite.org/fileformat2.html#walformat: bytes of the header of the file, and of a page's in it. */
const WAL_HEADER = 32;
const FRAME_HEADER = 24;

/** What a WAL holds beyond a place in it. */
interface Written {
  /** Which WAL it is: a new one has other salts. */
  readonly salts: string;
  /**
   * The number of frames up to the last commit but one: the last may be under way, and who reads the database right
   * after may not see it yet. What follows may be undone.
   */
  readonly frames: number;
  readonly pages: ReadonlySet<number>;
}

/**
 * The pages that were written to a database's WAL since a place in it, as their headers say.
 * @param since left out, or of a WAL before this one: from its beginning
 * @returns undefined when there is no WAL, or nothing in it
 */
export function readWal(
  file: string,
  since: Pick<Trace, "salts" | "frames"> | undefined,
): Written | undefined {
  let wal: number;
  try {
    wal = openSync(`${file}-wal`, "r");
  } catch {
    return undefined;
  }
  try {
    const header = Buffer.alloc(WAL_HEADER);
    if (readSync(wal, header, 0, WAL_HEADER, 0) < WAL_HEADER) return undefined;
    const salts = header.toString("hex", 16, 24);
    const frameSize = FRAME_HEADER + header.readUInt32BE(8);
    const frame = Buffer.alloc(FRAME_HEADER);
    const pages = new Set<number>();
    const from = since?.salts === salts ? since.frames : 0;
    let [frames, last] = [from, from];
    for (let next = from; ; next += 1) {
      const length = readSync(wal, frame, 0, FRAME_HEADER, WAL_HEADER + next * frameSize);
      // What is left of the WAL before this one follows.
      if (length < FRAME_HEADER || frame.toString("hex", 8, 16) !== salts) break;
      pages.add(frame.readUInt32BE(0));
      const isCommit = frame.readUInt32BE(4) !== 0;
      if (isCommit) [frames, last] = [last, next + 1];
    }
    return { salts, frames, pages };
  } finally {
    closeSync(wal);
  }
}

/**
 * The pages of tables, of all replicated ones by default. Whatever changes a row writes one of them: a row's own page,
 * or, when that is new, the one that refers to it.
 */
export function pagesOfTables(db: Database, tables = catalog.map(({ name }) => name)): ReadonlySet<number> {
  const ofTable = db.prepare<[string], bigint>("SELECT pageno FROM dbstat WHERE name = ?").pluck();
  return new Set(tables.flatMap((table) => ofTable.all(table)).map(Number));
}

/** How a database stood when it was read. */
export interface Standing {
  readonly version: unknown;
  readonly wal: Written | undefined;
  /** Of all tables that decide what an apply does. */
  readonly pages: ReadonlySet<number>;
}

/** Tables that are not replicated and that a plan reads. */
const READ_BESIDE = ["setting"];

/** Must be the first in a transaction: what others commit after it is told by `isUnchanged`. */
export function noteStanding(db: Database): Standing {
  // Before the first read, so that nothing falls in between.
  const wal = readWal(db.name, undefined);
  const version = readVersion(db);
  const tables = [...catalog, ...accountTables].map(({ name }) => name);
  return { version, wal, pages: pagesOfTables(db, [...tables, ...READ_BESIDE]) };
}

/**
 * Whether all that a plan reads is as it was, whatever else was written, such as heartbeats; where that cannot be told,
 * false. Must run in a transaction that lets nobody else write.
 */
export function isUnchanged(db: Database, { version, wal, pages }: Standing): boolean {
  if (readVersion(db) === version) return true;
  const now = readWal(db.name, wal);
  if (wal === undefined || now?.salts !== wal.salts) return false;
  return ![...now.pages].some((page) => pages.has(page));
}

/** Another one whenever somebody else has committed anything: https://www.sqlite.org/pragma.html#pragma_data_version */
function readVersion(db: Database): unknown {
  return db.pragma("data_version", { simple: true });
}
