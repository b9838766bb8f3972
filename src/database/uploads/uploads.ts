import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Table, UploadedFile } from "../../snapshot/index.ts";
import { iconNames, MAX_ICON_BYTES, refuseIcon, refuseSize } from "./icons.ts";

/** A file as it is or shall be; bytes undefined: it does not exist. */
export interface UploadState {
  readonly name: string;
  readonly bytes: Uint8Array | undefined;
}

/**
 * One name for all, so that a process that died while writing leaves one file at most, and the next write replaces it.
 */
const TEMPORARY_NAME = ".replicator-kuma.tmp";

/**
 * The uploaded icons that status pages refer to, sorted by name, and sentences about those that no instance would take.
 * A file that does not exist is left out.
 */
export function readUploads(
  dir: string,
  tables: readonly Table[],
): { readonly files: UploadedFile[]; readonly notes: string[] } {
  const files: UploadedFile[] = [];
  const notes: string[] = [];
  for (const name of [...iconNames(tables.find((table) => table.name === "status_page"))].sort()) {
    if ((lstatSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0) > MAX_ICON_BYTES) {
      notes.push(refuseSize(name));
      continue;
    }
    const bytes = readUpload(dir, name);
    if (bytes === undefined) continue;
    const reason = refuseIcon({ name, bytes });
    if (reason === undefined) files.push({ name, bytes });
    else notes.push(reason);
  }
  return { files, notes };
}

/** The file's bytes; undefined when there is no plain file of that name. Links are not followed. */
export function readUpload(dir: string, name: string): Uint8Array | undefined {
  const path = join(dir, name);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return fstatSync(descriptor).isFile() ? readFileSync(descriptor) : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes the files that shall be, each by a rename, and gives what brings the former states back: to be called before
 * COMMIT. When one of them fails, those before it are put back and the error is thrown.
 */
export function writeUploads(dir: string, wanted: readonly UploadState[]): () => void {
  const former: UploadState[] = [];
  const putBack = () => {
    for (const file of former.reverse()) setUpload(dir, file);
  };
  try {
    for (const file of wanted) {
      if (file.bytes === undefined) continue;
      former.push({ name: file.name, bytes: readUpload(dir, file.name) });
      setUpload(dir, file);
    }
  } catch (error) {
    former.pop();
    putBack();
    throw error;
  }
  return putBack;
}

/**
 * Removes the files that shall not be: to be called after COMMIT. Killed before it, rows that refer to them are there
 * still, and so must they be; killed after it, or where one cannot be removed, a file is left to which nothing refers.
 */
export function removeUploads(dir: string, wanted: readonly UploadState[]): void {
  for (const { name, bytes } of wanted) {
    if (bytes !== undefined) continue;
    try {
      rmSync(join(dir, name), { force: true });
    } catch {
      // The rows are changed for good: a file too many is no reason to say that they are not.
    }
  }
}

/** Not write-file-atomic: that writes through a symbolic link, to wherever it points. */
function setUpload(dir: string, { name, bytes }: UploadState): void {
  const path = join(dir, name);
  if (bytes === undefined) {
    rmSync(path, { force: true });
    return;
  }
  mkdirSync(dir, { recursive: true });
  const temporary = join(dir, TEMPORARY_NAME);
  rmSync(temporary, { force: true });
  try {
    writeDurably(temporary, bytes, statSync(dir));
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dir);
}

function writeDurably(path: string, bytes: Uint8Array, folder: { uid: number; gid: number }): void {
  const descriptor = openSync(path, "wx", 0o644);
  try {
    writeFileSync(descriptor, bytes);
    // As root we must not leave a file that Kuma, running as another user, could not replace.
    if (process.getuid?.() === 0) fchownSync(descriptor, folder.uid, folder.gid);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes the rename last through a power cut, where the file system can: not every one lets a folder be synced. */
function syncFolder(dir: string): void {
  const descriptor = openSync(dir, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } catch {
    // The rename itself is done; only its survival of a power cut is open, and the next plan would find that.
  } finally {
    closeSync(descriptor);
  }
}
