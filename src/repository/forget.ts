import * as z from "zod";
import { decodeUtf8, parseJson } from "../parse.ts";
import { failure, success } from "../result.ts";
import { commands, PRUNE } from "./commands.ts";
import { recognise } from "./problems.ts";
import type { ForgetRequest, RepositoryProblem, RepositoryResult } from "./types.ts";
import { type Writing, writeLocked } from "./write-locked.ts";

/** What `forget --json` prints, a group of snapshots each. */
const groups = z.array(z.object({ remove: z.array(z.object({ id: z.string() })).nullable() }));

/** Ids that go into one command line; the rest is forgotten another day. */
const AT_ONCE = 1_000;

/**
 * Forgets old snapshots of ours. restic goes by time alone, and would forget the latest of the chain when a
 * clock was set back. So it only proposes, without a lock and without a change; what may go is then forgotten by id.
 */
export async function forget(
  writing: Writing,
  { policy, candidates }: ForgetRequest,
  signal: AbortSignal,
): Promise<RepositoryResult<{ forgotten: number }>> {
  const asked = await writing.restic({
    args: commands.forgetDryRun(policy.filter((option) => option !== PRUNE)),
    limit: writing.limits.list,
    signal,
  });
  if (!asked.ok) return asked;
  const proposed = parseProposal(decodeUtf8(asked.value.stdout));
  if (proposed === undefined) return failure(NOT_UNDERSTOOD);
  const ids = proposed.filter((id) => candidates.includes(id)).slice(0, AT_ONCE);
  if (ids.length === 0) return success({ forgotten: 0 });
  const args = commands.forget(ids, { prune: policy.includes(PRUNE) });
  const done = await writeLocked(writing, { args, limit: writing.limits.forget, signal });
  if (!done.ok) return done;
  // 0.18 exits with 0 though it was refused every removal.
  const refused = recogniseRefusal(done.value.stderr);
  return refused === undefined ? success({ forgotten: ids.length }) : failure(refused);
}

function recogniseRefusal(stderr: string): RepositoryProblem | undefined {
  // Only ids and the server's answer are in such a line.
  const lines = stderr.split("\n").filter((line) => /^Remove\(<(?!lock\/).*\) failed: /.test(line));
  return recognise({ exitCode: 0, stderr: lines.join("\n"), secrets: [] });
}

function parseProposal(stdout: string): string[] | undefined {
  const [line = ""] = stdout.split("\n");
  // restic says nothing at all where there is nothing to choose from.
  if (line === "") return [];
  const { data } = groups.safeParse(parseJson(line));
  return data?.flatMap(({ remove }) => (remove ?? []).map(({ id }) => id));
}

const NOT_UNDERSTOOD: RepositoryProblem = {
  code: "restic-failed",
  message: "restic told what it would forget in a way that is not understood.",
  advice: "Nothing was forgotten. Use restic 0.14 or newer.",
};
