import { decodeUtf8 } from "../parse.ts";
import { success } from "../result.ts";
import type { Restic } from "./restic.ts";
import type { RepositoryResult } from "./types.ts";

/** Each call of restic: how it is run, how long it may take (milliseconds), and what ends it. */
export interface Asking {
  readonly restic: Restic;
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** The ids of all files of a kind, readable or not: their names. One LIST, nothing is downloaded. */
export async function listIds(
  { restic, limit, signal }: Asking,
  kind: "snapshots" | "locks",
): Promise<RepositoryResult<string[]>> {
  const done = await restic({ args: ["list", kind, "--no-lock"], limit, signal });
  if (!done.ok) return done;
  return success(decodeUtf8(done.value.stdout).match(/^[0-9a-f]{64}$/gm) ?? []);
}
