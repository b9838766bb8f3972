import { createHash } from "node:crypto";
import type { UploadedFile } from "./types.ts";

/** The format that this version writes, and the newest that it reads. */
export const SNAPSHOT_FORMAT = 1;

/** Bytes; a larger stream is refused before anything of it is parsed. Ten thousand monitors take about 20 MiB. */
export const MAX_SNAPSHOT_BYTES = 256 * 1024 * 1024;

/**
 * The last line, newline included. Every later format has to end the same way: it is checked before the header is
 * read, so that a truncated newer snapshot is not taken for a newer one.
 */
export function endLine(lines: number, sha256: string): string {
  return `${JSON.stringify({ lines, sha256 })}\n`;
}

/** SHA-256 in hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** True for a name that stays inside the folder it is joined to and is not hidden there. */
export function isSafeFileName(name: string): boolean {
  return name.length <= 200 && /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name);
}

/** A file without its bytes, as the header lists it and the hash covers it. */
export function describeFile(file: UploadedFile): { name: string; sha256: string; size: number } {
  return { name: file.name, sha256: sha256(file.bytes), size: file.bytes.byteLength };
}
