import { errorMessage } from "../format.ts";
import { decodeUtf8 } from "../parse.ts";
import { failure, success } from "../result.ts";
import { commands } from "./commands.ts";
import type { PublishRequest, RepositoryProblem, RepositoryResult } from "./types.ts";
import { type Writing, writeLocked } from "./write-locked.ts";

/**
 * Stores one snapshot.
 * The whole content is taken before restic starts: restic stores whatever it was given when its input ends, so a
 * producer that fails half-way would leave a truncated snapshot, and a second attempt needs the content again.
 */
export async function publish(
  writing: Writing,
  instanceName: string,
  request: PublishRequest,
  signal: AbortSignal,
): Promise<RepositoryResult<{ id: string }>> {
  const content = collect(request.stream);
  if (!content.ok) return content;
  const stored = await writeLocked(writing, {
    args: commands.backup(instanceName, request),
    input: content.value,
    limit: writing.limits.backup,
    signal,
  });
  if (!stored.ok) return stored;
  const id = idOfSummary(decodeUtf8(stored.value.stdout));
  return id === undefined ? failure(NO_SUMMARY) : success({ id });
}

function collect(stream: PublishRequest["stream"]): RepositoryResult<Uint8Array> {
  try {
    const pieces = [...stream];
    const [first] = pieces;
    // As a rule there is one, and it may be large.
    return success(first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces));
  } catch (error) {
    return failure({
      code: "restic-failed",
      message: `The snapshot could not be written for restic: ${errorMessage(error)}.`,
      advice: "Nothing was stored; the next cycle tries again.",
    });
  }
}

/** The id in the last line of `backup --json`: whole in new versions of restic, its first 8 digits in 0.14. */
function idOfSummary(stdout: string): string | undefined {
  const summary = stdout.split("\n").findLast((line) => line.includes('"summary"'));
  return /"snapshot_id":\s*"([0-9a-f]{8,64})"/.exec(summary ?? "")?.[1];
}

const NO_SUMMARY: RepositoryProblem = {
  code: "restic-failed",
  message: "restic ended well, but did not tell which snapshot it stored.",
  advice: "Use restic 0.14 or newer.",
};
