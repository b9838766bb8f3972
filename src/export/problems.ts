import type { Problem } from "../result.ts";
import type { SnapshotProblemCode } from "../snapshot/index.ts";

const EXPORT_AGAIN = "Export again; with docker compose exec use -T, so that no terminal changes the file.";
const BY_HAND = "Correct it in the file, or export again.";

export type ExportProblem = Problem<"file-no-export" | "import-invalid" | SnapshotProblemCode>;

/** What snapshots and the database say of what is in a file; that it does not fit its tag is said of no file. */
type Code = Exclude<SnapshotProblemCode, "snapshot-mismatch"> | "snapshot-inconsistent" | "version-mismatch";

/** What to do about a file. */
const ADVICE: Readonly<Record<Code, string>> = {
  "snapshot-truncated": EXPORT_AGAIN,
  "snapshot-damaged": `${EXPORT_AGAIN} To change something, use --format json, which has no checksum.`,
  "snapshot-invalid": BY_HAND,
  "snapshot-inconsistent": BY_HAND,
  "snapshot-too-large": "Remove very large texts and icons from it.",
  "snapshot-format-newer": "Update Replicator Kuma on this instance to the version that wrote the file.",
  "version-mismatch":
    "Nothing was changed. Import it where Uptime Kuma has the version that the file is from.",
};

/** A problem of a snapshot reworded for a file, which was never in a repository. */
export function aboutFile<Code extends string>(problem: Problem<Code>): Problem<Code> {
  const { code, message, advice } = problem;
  if (code === "snapshot-truncated")
    return { code, message: "The file has no end mark: its end is missing.", advice: EXPORT_AGAIN };
  const inFile = message.replaceAll(/\b([Tt])he (latest )?snapshot\b/g, "$1he file");
  return { code, message: inFile, advice: isKnown(code) ? ADVICE[code] : advice };
}

function isKnown(code: string): code is Code {
  return Object.hasOwn(ADVICE, code);
}
