import { type Fetch, readAtMost } from "../fetch/index.ts";
import { errorMessage } from "../format.ts";
import { failure, type Problem, type Result, success } from "../result.ts";
import { withinTime } from "../within-time.ts";
import { LONGEST_MESSAGE } from "./page.ts";

export type PeerProblem = Problem<
  "peer-unreachable" | "peer-refuses" | "peer-absent" | "peer-unintelligible"
>;

/**
 * Sends one message to another instance and gives its answer.
 * @param limit for all of it, milliseconds
 */
export async function post(
  fetch: Fetch,
  { address, body }: { readonly address: string; readonly body: Buffer },
  limit: number,
  signal: AbortSignal,
): Promise<Result<Buffer, PeerProblem>> {
  try {
    return await withinTime(limit, signal, async (limited) => {
      const response = await fetch(`${address}/peers`, {
        method: "POST",
        body,
        headers: { "Content-Type": "application/octet-stream" },
        // What follows might lead anywhere, and is none of ours.
        redirect: "error",
        signal: limited,
      });
      if (!response.ok) {
        await response.body?.cancel();
        return failure(problemOf(address, response.status));
      }
      const answer = await readAtMost(response, LONGEST_MESSAGE);
      return answer === undefined ? failure(unintelligible(address)) : success(answer);
    });
  } catch (error) {
    return failure(unreachable(address, errorMessage(error)));
  }
}

function problemOf(address: string, status: number): PeerProblem {
  if (status === 403)
    return {
      code: "peer-refuses",
      message: `The instance at ${address} does not understand this one.`,
      advice:
        "All instances need the same repository password, or the same REPLICATOR_PEERS_KEY_FILE, and releases of one kind.",
    };
  if (status === 404 || status === 405)
    return {
      code: "peer-absent",
      message: `There is something else at ${address}, or an instance without REPLICATOR_PEERS.`,
      advice: "Set REPLICATOR_PEERS there, and name the port of its REPLICATOR_HTTP here, not Uptime Kuma's.",
    };
  return unreachable(address, `it answered ${status}`);
}

function unreachable(address: string, why: string): PeerProblem {
  return {
    code: "peer-unreachable",
    message: `The instance at ${address} cannot be reached (${why}).`,
    advice: "See whether it runs, with REPLICATOR_HTTP, and whether its port is open to this machine.",
  };
}

export function unintelligible(address: string): PeerProblem {
  return {
    code: "peer-unintelligible",
    message: `The answer of ${address} is not understood.`,
    advice:
      "Is it an instance of this release, with the same password, and nothing in between that changes answers?",
  };
}
