import { success } from "../result.ts";
import { isSafeFileName, type UploadedFile } from "../snapshot/index.ts";
import { refuse } from "./problems.ts";
import type { DatabaseResult } from "./types.ts";
import { readUpload } from "./uploads.ts";

/** The files of a snapshot that are missing or differ here. */
export interface PlannedFiles {
  readonly added: readonly UploadedFile[];
  readonly changed: readonly UploadedFile[];
}

/** The decoder has checked the names; here they become paths, so they are checked once more. */
export function planFiles(files: readonly UploadedFile[], uploadDir: string): DatabaseResult<PlannedFiles> {
  const hostile = files.find((file) => !isSafeFileName(file.name));
  if (hostile) return refuse("snapshot-inconsistent", "The snapshot has an icon whose name is a path.");
  const pairs = files.map((file) => ({ file, here: readUpload(uploadDir, file.name) }));
  return success({
    added: pairs.filter(({ here }) => here === undefined).map(({ file }) => file),
    changed: pairs
      .filter(({ file, here }) => here !== undefined && Buffer.compare(here, file.bytes) !== 0)
      .map(({ file }) => file),
  });
}
