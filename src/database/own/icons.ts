import type { Database } from "better-sqlite3";
import { readUpload, type UploadState } from "../uploads/uploads.ts";

/** A row that has another id now. */
export interface Moved {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Kuma names an icon after its status page (saveStatusPage in server/socket-handlers/status-page-socket-handler.js,
 * 1.23 to 2.5), and two instances give the same ids: a page that has got another id needs its icon under another name.
 * Changes that in the rows; must run in a transaction.
 * @returns the files that go with them, and those of the former names as gone
 */
export function renameIcons(db: Database, pages: readonly Moved[], uploadDir: string): UploadState[] {
  const rename = db.prepare("UPDATE status_page SET icon = replace(icon, :before, :after) WHERE id = :to");
  const find = db.prepare<[bigint], string | null>("SELECT icon FROM status_page WHERE id = ?").pluck();
  return pages.flatMap(({ from, to }) => {
    if (!find.get(to)?.startsWith(`/upload/${nameOf(from)}`)) return [];
    rename.run({ before: nameOf(from), after: nameOf(to), to });
    const bytes = readUpload(uploadDir, nameOf(from));
    if (bytes === undefined) return [];
    return [
      { name: nameOf(to), bytes },
      { name: nameOf(from), bytes: undefined },
    ];
  });
}

/** Of several states of one file the last counts. */
export function mergeFiles(...files: readonly UploadState[]): UploadState[] {
  return [...new Map(files.map((file) => [file.name, file])).values()];
}

function nameOf(page: bigint): string {
  return `logo${page}.png`;
}
