import { z } from "zod";
import { failure, success } from "../result.ts";
import { recognise } from "./problems.ts";
import { FILE_NAME, OUR_TAG } from "./snapshots.ts";
import type { RepositoryProblem, RepositoryResult } from "./types.ts";
import { type Writing, writeLocked } from "./write-locked.ts";

/** What `forget --json` prints, a group of snapshots each; what --prune says may follow it. */
const groups = z.array(z.object({ remove: z.array(z.unknown()).nullable() }));

/**
 * Thins out our snapshots: those with our tag and our path, nothing else that is kept there. Grouped by paths, because all of ours have the same one and their hosts differ: after a
 * change of the primary the policy goes on counting.
 */
export async function forget(
  writing: Writing,
  policy: readonly string[],
  signal: AbortSignal,
): Promise<RepositoryResult<{ forgotten: number }>> {
  const ours = [`--tag=${OUR_TAG}`, `--path=/${FILE_NAME}`, "--group-by=paths"];
  const args = ["forget", "--json", ...ours, ...policy];
  const done = await writeLocked(writing, { args, limit: writing.limits.forget, signal });
  if (!done.ok) return done;
  // 0.18 exits with 0 though it was refused every removal.
  const refused = recogniseRefusal(done.value.stderr);
  if (refused !== undefined) return failure(refused);
  return success({ forgotten: countRemoved(new TextDecoder().decode(done.value.stdout)) });
}

function recogniseRefusal(stderr: string): RepositoryProblem | undefined {
  // Only ids and the server's answer are in such a line.
  const lines = stderr.split("\n").filter((line) => /^Remove\(<(?!lock\/).*\) failed: /.test(line));
  return recognise({ exitCode: 0, stderr: lines.join("\n"), secrets: [] });
}

function countRemoved(stdout: string): number {
  const [line = ""] = stdout.split("\n");
  try {
    return groups.parse(JSON.parse(line)).reduce((sum, { remove }) => sum + (remove?.length ?? 0), 0);
  } catch {
    return 0; // Only told, nothing is decided by it.
  }
}
