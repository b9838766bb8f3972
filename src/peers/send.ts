import type { Post } from "../fetch/index.ts";
import { errorCode, errorMessage } from "../format.ts";
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
export async function sendTo(
  address: string,
  body: Buffer,
  { post, limit, signal }: { readonly post: Post; readonly limit: number; readonly signal: AbortSignal },
): Promise<Result<Buffer, PeerProblem>> {
  let isLate = false;
  try {
    const answer = await withinTime(limit, signal, async (limited) => {
      limited.addEventListener("abort", () => {
        isLate = true;
      });
      return post(`${address}/peers`, body, LONGEST_MESSAGE, limited);
    });
    if (answer.status !== 200) return failure(problemOf(address, answer.status));
    return answer.body === undefined ? failure(unintelligible(address)) : success(answer.body);
  } catch (error) {
    const why = isLate ? `no answer within ${limit / 1_000} s` : errorMessage(error) || errorCode(error);
    return failure(unreachable(address, why ?? "no reason given"));
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
