export {
  type ChangeCounts,
  countChanges,
  describeChanges,
  describeRows,
  type NamedChanges,
  phraseChanges,
  type TableCounts,
} from "./changes.ts";
export { decodeSnapshot } from "./decode.ts";
export { encodeSnapshot, encodeWhole } from "./encode.ts";
export { isSafeFileName, MAX_SNAPSHOT_BYTES, SNAPSHOT_FORMAT } from "./format.ts";
export { contentHash, fingerprint, hashWritten, type WrittenTable, writeRow } from "./hash.ts";
export { countDifferences, withoutOmitted } from "./omitted.ts";
export { isSnapshotDefect, mismatch, type SnapshotProblemCode } from "./problems.ts";
export type { Content, Origin, Row, Snapshot, Table, UploadedFile, Value } from "./types.ts";
export { decodeValue, encodeValue } from "./values.ts";
