import { errorCode, errorMessage } from "../format.ts";
import { failure } from "../result.ts";
import type { PatchProblem, PatchProblemCode } from "./types.ts";

/** What to do when Kuma's source is not what the patch was made for. */
const OTHER_RELEASE =
  "Nothing was changed. Use a Kuma release that docs/notification-patch.md names (1.23.0 to 2.5.3), or a newer " +
  "Replicator Kuma that knows this one.";

/** A place in Kuma's source that is not there exactly once. */
export function anchorProblem(
  kumaVersion: string,
  file: string,
  anchor: string,
  count: number | "no file",
): { ok: false; problem: PatchProblem } {
  const found = count === "no file" ? "there is no such file" : `it is there ${count} times, not once`;
  return failure({
    code: count === 0 || count === "no file" ? "anchor-missing" : "anchor-repeated",
    message: `Uptime Kuma ${kumaVersion} cannot be patched: expected in ${file}: \`${anchor.replaceAll(/\s+/g, " ")}\`; ${found}.`,
    advice: OTHER_RELEASE,
  });
}

const WRITE_PROBLEMS: Readonly<Record<string, { code: PatchProblemCode; advice: string }>> = {
  EROFS: {
    code: "tree-read-only",
    advice: "Patch when the image is built, before the tree is made read-only.",
  },
  EACCES: { code: "tree-read-only", advice: "Run this as root, or as the user who owns Kuma's files." },
  EPERM: {
    code: "tree-read-only",
    advice: "Run this as root, and check that no file there is immutable (lsattr).",
  },
  ENOSPC: { code: "write-failed", advice: "Free some space, then run this again." },
};

/** An error of the file system while writing `path`. */
export function writeProblem(path: string, error: unknown): PatchProblem {
  const code = errorCode(error) ?? "unknown";
  const known = WRITE_PROBLEMS[code] ?? { code: "write-failed", advice: "Fix that, then run this again." };
  const words = errorMessage(error);
  return { code: known.code, message: `${path} cannot be written: ${words}.`, advice: known.advice };
}
