import { closeSync, openSync, readSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { catalog } from "../catalog.ts";
import type { Trace } from "../types.ts";

/** https://www.sqlite.org/fileformat2.html#walformat: bytes of the header of the file, and of a page's in it. */
const WAL_HEADER = 32;
const FRAME_HEADER = 24;

/** What a WAL holds beyond a place in it. */
interface Written {
  /** Which WAL it is: a new one has other salts. */
  readonly salts: string;
  /** The number of frames up to the last commit: what follows may be undone. */
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
    let frames = since?.salts === salts ? since.frames : 0;
    for (let next = frames; ; next += 1) {
      const length = readSync(wal, frame, 0, FRAME_HEADER, WAL_HEADER + next * frameSize);
      // What is left of the WAL before this one follows.
      if (length < FRAME_HEADER || frame.toString("hex", 8, 16) !== salts) break;
      pages.add(frame.readUInt32BE(0));
      const isCommit = frame.readUInt32BE(4) !== 0;
      if (isCommit) frames = next + 1;
    }
    return { salts, frames, pages };
  } finally {
    closeSync(wal);
  }
}

/**
 * The pages of all replicated tables. Whatever changes a row writes one of them: a row's own page, or, when that is
 * new, the one that refers to it.
 */
export function pagesOfTables(db: Database): ReadonlySet<number> {
  const ofTable = db.prepare<[string], bigint>("SELECT pageno FROM dbstat WHERE name = ?").pluck();
  return new Set(catalog.flatMap(({ name }) => ofTable.all(name)).map(Number));
}
