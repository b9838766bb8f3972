import type { Database } from "better-sqlite3";
import { isAccountTable } from "../catalog.ts";
import { quote } from "../sqlite/connection.ts";
import { type LiveTable, referencesOf, type Schema } from "../sqlite/schema.ts";
import type { UploadState } from "../uploads/uploads.ts";
import { tablesHere } from "../write/history.ts";
import { renameIcons } from "./icons.ts";
import { LOCAL_FROM, lastShared, lowerCounter } from "./local.ts";

/**
 * Makes all that is here this instance's own, as if it had been added under REPLICATOR_LOCAL: every id grows by the
 * same, with all that refers to it, the history and the names of icons. Must run in a transaction, with Kuma stopped.
 * @returns `by`: how much, for `giveBack`
 */
export function keepAll(
  db: Database,
  schema: Schema,
  uploadDir: string,
): { readonly by: bigint; readonly files: readonly UploadState[] } {
  const by = replicated(schema).reduce((least, { entry }) => {
    const last = db
      .prepare(`SELECT max(id) FROM ${quote(entry.name)}`)
      .pluck()
      .get();
    return typeof last === "bigint" && last >= least ? last + 1n : least;
  }, LOCAL_FROM);
  const files = shift(db, schema, { by, which: `< ${LOCAL_FROM}` }, uploadDir);
  // A page of the snapshot may have the very icon that one here had: whatever is under that name stays.
  return { by, files: files.filter(({ bytes }) => bytes !== undefined) };
}

/**
 * Takes `keepAll` back, also for what was added since. Must run in a transaction, once nothing is here but what is own.
 * @returns the files of icons
 */
export function giveBack(db: Database, schema: Schema, by: bigint, uploadDir: string): UploadState[] {
  const files = shift(db, schema, { by: -by, which: `>= ${by}` }, uploadDir);
  const history = tablesHere(db);
  for (const { entry } of replicated(schema))
    lowerCounter(db, entry.name, lastShared(db, entry.name, history));
  return files;
}

/** @param which of the ids, as the end of a condition */
function shift(
  db: Database,
  schema: Schema,
  { by, which }: { readonly by: bigint; readonly which: string },
  uploadDir: string,
): UploadState[] {
  const pages = db.prepare<[], bigint>(`SELECT id FROM status_page WHERE id ${which}`).pluck().all();
  for (const table of tablesHere(db))
    db.prepare(
      `UPDATE ${quote(table)} SET monitor_id = monitor_id + ?
       WHERE monitor_id IN (SELECT id FROM monitor WHERE id ${which})`,
    ).run(by);
  for (const live of replicated(schema)) {
    // A reference that leads nowhere, too: it must not lead to a row of the primary's.
    for (const column of [...referencesOf(live).map((reference) => quote(reference.column)), "id"])
      db.prepare(
        `UPDATE ${quote(live.entry.name)} SET ${column} = ${column} + ? WHERE ${column} ${which}`,
      ).run(by);
  }
  return renameIcons(
    db,
    pages.map((from) => ({ from, to: from + by })),
    uploadDir,
  );
}

function replicated(schema: Schema): LiveTable[] {
  return [...schema.values()].filter(({ entry }) => !isAccountTable(entry.name));
}
