import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import { inTransaction } from "../sqlite/connection.ts";
import { isUnchanged, noteStanding } from "../sqlite/trace.ts";
import type { DatabaseResult } from "../types.ts";
import { removeUploads, type UploadState, writeUploads } from "../uploads/uploads.ts";

/** What a change of rows has come to, and the states of the files that go with it. */
export interface ChangedRows<T> {
  readonly outcome: T;
  readonly files: readonly UploadState[];
}

/** A change of rows that is ready to be made, and the states of the files that go with it. */
export interface PreparedChange<T> {
  readonly files: readonly UploadState[];
  /** Must run in a transaction in which the rows are what they were when it was prepared. */
  readonly change: () => DatabaseResult<T>;
}

/**
 * How often a change is prepared while others may write. A heartbeat is no reason to do it again, an edit is, and so is
 * a WAL that begins anew, which is seldom.
 */
const ATTEMPTS = 5;

/**
 * Changes rows in a transaction. Files are written right before its end, and go back when it fails; they are removed
 * after it.
 */
export function withFiles<T>(
  db: Database,
  uploadDir: string,
  change: () => DatabaseResult<ChangedRows<T>>,
): DatabaseResult<T> {
  let putFilesBack = () => {};
  let files: readonly UploadState[] = [];
  const done = inTransaction(db, "IMMEDIATE", () => {
    const changed = change();
    if (!changed.ok) return changed;
    files = changed.value.files;
    putFilesBack = writeUploads(uploadDir, files);
    return success(changed.value.outcome);
  });
  if (done.ok) removeUploads(uploadDir, files);
  else putFilesBack();
  return done;
}

/**
 * The same for a Kuma that runs, whose heartbeats wait as long as the transaction lasts: all that can be done before it
 * is, and what others have changed meanwhile is found when it begins. Then all is done again, in the end within it.
 * @param prepare changes nothing; is called in a transaction
 */
export function withFilesPrepared<T>(
  db: Database,
  uploadDir: string,
  prepare: () => DatabaseResult<PreparedChange<T>>,
): DatabaseResult<T> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const read = inTransaction(db, "DEFERRED", () => {
      const standing = noteStanding(db);
      const prepared = prepare();
      return prepared.ok ? success({ standing, ...prepared.value }) : prepared;
    });
    if (!read.ok) return read;
    const { standing, files, change } = read.value;
    const putFilesBack = writeUploads(uploadDir, files);
    const done = inTransaction(db, "IMMEDIATE", () => {
      if (!isUnchanged(db, standing)) return success(undefined);
      const changed = change();
      return changed.ok ? success({ outcome: changed.value }) : changed;
    });
    if (done.ok && done.value !== undefined) {
      removeUploads(uploadDir, files);
      return success(done.value.outcome);
    }
    putFilesBack();
    if (!done.ok) return done;
  }
  return withFiles(db, uploadDir, () => changeAtOnce(prepare()));
}

/** Makes a change that was prepared in the same transaction. */
export function changeAtOnce<T>(prepared: DatabaseResult<PreparedChange<T>>): DatabaseResult<ChangedRows<T>> {
  if (!prepared.ok) return prepared;
  const changed = prepared.value.change();
  return changed.ok ? success({ outcome: changed.value, files: prepared.value.files }) : changed;
}
