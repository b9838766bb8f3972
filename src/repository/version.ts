import { decodeUtf8 } from "../parse.ts";
import { success } from "../result.ts";
import type { Restic } from "./restic.ts";
import type { RepositoryResult } from "./types.ts";

/** What an installed restic can do. */
export interface Version {
  /** `--retry-lock`, from 0.16 on. */
  readonly canRetryLock: boolean;
}

/**
 * Asks restic for its version, once: an answer is remembered, a failure is not.
 * @param limit milliseconds
 */
export function createVersionLookup(
  restic: Restic,
  limit: number,
): (signal: AbortSignal) => Promise<RepositoryResult<Version>> {
  let known: Version | undefined;
  return async (signal) => {
    if (known !== undefined) return success(known);
    const answer = await restic({ args: ["version"], limit, signal });
    if (!answer.ok) return answer;
    known = parseVersion(decodeUtf8(answer.value.stdout));
    return success(known);
  };
}

/** Reads "restic 0.14.0 compiled with …"; a version that cannot be read counts as an old one. */
export function parseVersion(text: string): Version {
  const [, major = 0, minor = 0] = (/^restic (\d+)\.(\d+)/.exec(text) ?? []).map(Number);
  return { canRetryLock: major > 0 || minor >= 16 };
}
