export { type ChangeCounts, countChanges, describeChanges, type TableCounts } from "./changes.ts";
export { decodeSnapshot } from "./decode.ts";
export { encodeSnapshot } from "./encode.ts";
export { isSafeFileName, MAX_SNAPSHOT_BYTES, SNAPSHOT_FORMAT } from "./format.ts";
export { contentHash, type Fingerprint, fingerprint } from "./hash.ts";
export type { SnapshotProblem, SnapshotProblemCode } from "./problems.ts";
export type { Content, Origin, Row, Snapshot, Table, UploadedFile, Value } from "./types.ts";
export { decodeValue, encodeValue } from "./values.ts";
