import * as z from "zod";
import { shortId } from "../format.ts";
import { decodeUtf8 } from "../parse.ts";
import { failure, success } from "../result.ts";
import { commands } from "./commands.ts";
import { ownWords } from "./problems.ts";
import type { Restic } from "./restic.ts";
import { parseSnapshots } from "./snapshots.ts";
import type { Listing, RepositoryProblem, RepositoryResult } from "./types.ts";

/** Each call of restic: how it is run, how long it may take (milliseconds), and what ends it. */
export interface Asking {
  readonly restic: Restic;
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** Any snapshot in `snapshots --json`. */
const withId = z.object({ id: z.string() });

interface Asked {
  readonly listing: Listing;
  /** Of every snapshot that restic could read, somebody else's too. */
  readonly ids: ReadonlySet<string>;
  /** What restic itself said meanwhile; usually nothing. */
  readonly said: string;
}

/**
 * What is published, and a failure rather than a list that lacks one. restic passes over a snapshot that it cannot read
 * and exits with 0: the newest of what is left would pass for the latest, and a damaged repository for an empty one. It
 * says so, in words of each version's own. So whatever it says is a reason to count what is there; while it is silent
 * (0.14, 0.18 and 0.19: always, when it could read them all) that would only cost a second process each cycle.
 */
export async function list(asking: Asking): Promise<RepositoryResult<Listing>> {
  const listed = await askForSnapshots(asking);
  if (!listed.ok) return listed;
  if (listed.value.said === "") return success(listed.value.listing);
  const there = await listIds(asking, "snapshots");
  if (!there.ok) return there;
  if (missing(there.value, listed.value).length === 0) return success(listed.value.listing);
  // One that was published meanwhile lacks in the first list, one that was forgotten meanwhile in the second.
  const again = await askForSnapshots(asking);
  if (!again.ok) return again;
  const lost = missing(missing(there.value, listed.value), again.value);
  return lost.length === 0 ? success(again.value.listing) : failure(damaged(lost));
}

async function askForSnapshots({ restic, limit, signal }: Asking): Promise<RepositoryResult<Asked>> {
  const done = await restic({ args: commands.snapshots(), limit, signal });
  if (!done.ok) return done;
  const json = decodeUtf8(done.value.stdout);
  const listing = parseSnapshots(json);
  if (listing === undefined) return failure(NOT_UNDERSTOOD);
  return success({ listing, ids: idsIn(json), said: ownWords(done.value.stderr) });
}

/** The ids of all files of a kind, readable or not: their names. One LIST, nothing is downloaded. */
export async function listIds(
  { restic, limit, signal }: Asking,
  kind: "snapshots" | "locks",
): Promise<RepositoryResult<string[]>> {
  const done = await restic({ args: commands.list(kind), limit, signal });
  if (!done.ok) return done;
  return success(decodeUtf8(done.value.stdout).match(/^[0-9a-f]{64}$/gm) ?? []);
}

function idsIn(json: string): Set<string> {
  return new Set((withId.array().nullable().parse(JSON.parse(json)) ?? []).map(({ id }) => id));
}

function missing(there: readonly string[], { ids }: Asked): string[] {
  return there.filter((id) => !ids.has(id));
}

function damaged([id = "", ...others]: readonly string[]): RepositoryProblem {
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return {
    code: "repository-damaged",
    message: `Snapshot ${shortId(id)}${more} in the restic repository cannot be read.`,
    advice:
      "Run `restic check`. Put the file back from a copy of the repository; where there is none, remove it by hand: snapshots/ and the snapshot's id.",
  };
}

const NOT_UNDERSTOOD: RepositoryProblem = {
  code: "restic-failed",
  message: "restic listed its snapshots in a way that is not understood.",
  advice: "Use restic 0.14 or newer.",
};
