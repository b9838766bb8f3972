import { readFile } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { StateFile } from "./state-file.ts";

/**
 * What tells the next publish in which rows it differs from the last: a short hash by row. In a file of its own,
 * written in the background: of 50,000 monitors with what hangs on them it is four megabytes.
 */
export interface FingerprintFile {
  /**
   * As it was written last; undefined when there is none. Whether it is of the last publish is for its reader to see.
   */
  read(): Promise<Uint8Array | undefined>;
  /** A failure costs no more than the numbers in the next message: the state file beside it tells of its own. */
  write(fingerprint: Uint8Array): Promise<void>;
}

export function openFingerprintFile(stateDir: string, stateFile: StateFile): FingerprintFile {
  const path = join(stateDir, "fingerprint.json");
  return {
    read: () => readFile(path).catch(() => readFormer(stateFile)),
    write: (fingerprint) =>
      writeFileAtomic(path, toBuffer(fingerprint), { mode: 0o600 }).catch(() => undefined),
  };
}

/** The same bytes, not a copy. */
function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** That of a release before 2.1, which had it in the state file. */
function readFormer({ state }: StateFile): Uint8Array | undefined {
  const { contentHash, fingerprint = {} } = state.published ?? {};
  if (Object.keys(fingerprint).length === 0) return undefined;
  return Buffer.from(JSON.stringify({ contentHash, fingerprint }));
}
