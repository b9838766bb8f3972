import { shortId } from "../format.ts";
import { failure, type Problem } from "../result.ts";
import { MAX_SNAPSHOT_BYTES, SNAPSHOT_FORMAT } from "./format.ts";

const CODES = [
  "snapshot-too-large",
  "snapshot-truncated",
  "snapshot-damaged",
  "snapshot-format-newer",
  "snapshot-invalid",
  "snapshot-mismatch",
] as const;

export type SnapshotProblemCode = (typeof CODES)[number];

export type SnapshotProblem = Problem<SnapshotProblemCode>;

/** Whether what is stored is bad, and not only out of reach. */
export function isSnapshotDefect(problem: Problem): problem is SnapshotProblem {
  return CODES.some((code) => code === problem.code);
}

const PUBLISH_AGAIN =
  "Nothing was changed here; change something on the primary so that it publishes a new snapshot.";

export function tooLarge(bytes: number) {
  return failure<SnapshotProblem>({
    code: "snapshot-too-large",
    message: `The snapshot is ${bytes} bytes long, more than the ${MAX_SNAPSHOT_BYTES} that are accepted.`,
    advice: "Look for very large texts or icons in the primary's monitors and status pages.",
  });
}

export function tooLargeToPublish(limit: number, largest: string) {
  return failure<SnapshotProblem>({
    code: "snapshot-too-large",
    message: `Not published: the configuration takes more than the ${limit / 1024 / 1024} MiB that replicas accept; most of it are ${largest}.`,
    advice: "Look there for very large texts or icons, and make them smaller.",
  });
}

export function truncated() {
  return failure<SnapshotProblem>({
    code: "snapshot-truncated",
    message: "The snapshot has no end mark: it was cut off while it was stored or fetched.",
    advice: PUBLISH_AGAIN,
  });
}

export function damaged(what: string) {
  return failure<SnapshotProblem>({
    code: "snapshot-damaged",
    message: `The snapshot is damaged: ${what}.`,
    advice:
      "Run `restic check` on the repository; the next snapshot that the primary publishes replaces this one.",
  });
}

export function newerFormat(format: number) {
  return failure<SnapshotProblem>({
    code: "snapshot-format-newer",
    message: `The snapshot has format ${format}, this Replicator Kuma reads formats up to ${SNAPSHOT_FORMAT}.`,
    advice: "Update Replicator Kuma on this instance to the primary's version.",
  });
}

export function invalid(what: string) {
  return failure<SnapshotProblem>({
    code: "snapshot-invalid",
    message: `The snapshot cannot be right: ${what}.`,
    advice: PUBLISH_AGAIN,
  });
}

/** @param id restic's, of a snapshot that holds another content than its tag names */
export function mismatch(id: string) {
  return failure<SnapshotProblem>({
    code: "snapshot-mismatch",
    message: `Snapshot ${shortId(id)} does not hold the content that its tag names.`,
    advice: "Nothing was changed. Publish again from the primary, and find out who writes to the repository.",
  });
}
