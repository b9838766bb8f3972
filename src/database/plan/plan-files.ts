import { success } from "../../result.ts";
import { type Content, isSafeFileName, type Table } from "../../snapshot/index.ts";
import { refuse } from "../problems.ts";
import type { DatabaseResult } from "../types.ts";
import { iconNames, refuseIcon } from "../uploads/icons.ts";
import { readUpload, type UploadState } from "../uploads/uploads.ts";

/** What has to change in the upload folder. */
export interface PlannedFiles {
  readonly added: readonly UploadState[];
  readonly changed: readonly UploadState[];
  /** Those that a status page here refers to and none does any more. */
  readonly removed: readonly UploadState[];
  /** About files of the snapshot that are not written, in sentences. */
  readonly notes: readonly string[];
}

/**
 * A snapshot may have been written by anybody who has the repository's password, and Kuma serves what is in the folder
 * to everybody: so nothing is written but images that its own status pages refer to, and the rest left out.
 * @param here the rows of `status_page` as they are
 */
export function planFiles(
  { tables, files, omits = [] }: Content,
  here: Table | undefined,
  uploadDir: string,
): DatabaseResult<PlannedFiles> {
  // The decoder has checked the names; here they become paths, so they are checked once more.
  const hostile = files.find((file) => !isSafeFileName(file.name));
  if (hostile) return refuse("snapshot-inconsistent", "The snapshot has an icon whose name is a path.");
  const wanted = iconNames(tables.find(({ name }) => name === "status_page"));
  const judged = files.map((file) => ({ file, reason: judge(file) }));
  const pairs = judged
    .filter(({ reason }) => reason === undefined)
    .map(({ file }) => ({ file, here: readUpload(uploadDir, file.name) }));
  const isSilent = omits.includes("file");
  const isHere = (name: string) => readUpload(uploadDir, name) !== undefined;
  return success({
    added: pairs.filter(({ here }) => here === undefined).map(({ file }) => file),
    changed: pairs
      .filter(({ file, here }) => here !== undefined && Buffer.compare(here, file.bytes) !== 0)
      .map(({ file }) => file),
    removed: [...(isSilent ? [] : iconNames(here))]
      .filter((name) => !wanted.has(name) && isHere(name))
      .map((name) => ({ name, bytes: undefined })),
    notes: [
      ...judged.flatMap(({ reason }) => reason ?? []),
      ...[...(isSilent ? wanted : [])]
        .filter((name) => !isHere(name))
        .map(
          (name) => `The icon ${name} of a status page is neither in the snapshot nor here: upload it again.`,
        ),
    ],
  });

  function judge(file: Content["files"][number]): string | undefined {
    if (wanted.has(file.name)) return refuseIcon(file);
    return `Left out: the file ${file.name}, for no status page of the snapshot refers to it.`;
  }
}
