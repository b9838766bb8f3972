import type { Problem } from "../result.ts";

const AGAIN = "Export again; with docker compose exec, give -T, which passes the file on as it is.";
const BY_HAND = "Correct it in the file, or export again.";

/** What to do about a file, by the codes of snapshots and database. */
const ADVICE: Readonly<Record<string, string>> = {
  "snapshot-truncated": AGAIN,
  "snapshot-damaged": `${AGAIN} To change something, use --format json, which has no checksum.`,
  "snapshot-invalid": BY_HAND,
  "snapshot-inconsistent": BY_HAND,
  "snapshot-too-large": "Take very large texts and icons out of it.",
  "snapshot-format-newer": "Update Replicator Kuma on this instance to the version that wrote the file.",
  "version-mismatch": "Import it where Uptime Kuma has the version that the file is of; nothing was changed.",
};

/** A problem of a snapshot in the words for a file, which has never been in a repository. */
export function aboutFile<P extends Problem>(problem: P): Problem {
  const { code, message, advice } = problem;
  if (code === "snapshot-truncated")
    return { code, message: "The file has no end mark: its end is missing.", advice: AGAIN };
  const inFile = message.replaceAll(/\b([Tt])he (latest )?snapshot\b/g, "$1he file");
  return { code, message: inFile, advice: ADVICE[code] ?? advice };
}
