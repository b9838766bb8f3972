import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const V1 = "bash-snapshots/bash-v1-1.23.17/backup/current/backup.sql";
export const V1_WITH_INDEXES = "bash-snapshots/bash-v1-1.23.17-with-indexes/backup/current/backup.sql";
export const HEAD = "bash-snapshots/bash-head-2.3.2/sqlite_exports";

/** A file of test/fixtures. */
export function at(path: string): string {
  return fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
}

/** The files of a folder by name. @param under goes before each name */
export function filesOf(path: string, under: string): Record<string, Uint8Array> {
  return Object.fromEntries(
    readdirSync(path).map((name) => [`${under}${name}`, readFileSync(join(path, name))]),
  );
}
