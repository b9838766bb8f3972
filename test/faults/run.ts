import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorMessage, errorWithStack } from "../../src/format.ts";
import type { Fault, Stage } from "./fault.ts";
import { createRandom } from "./random.ts";

export interface Outcome {
  readonly fault: Fault;
  readonly rounds: number;
  readonly survived: number;
  /** Milliseconds. */
  readonly took: number;
  readonly loss?: { readonly what: string; readonly evidence: string };
  /** What the rounds hit, and how often. */
  readonly hits: ReadonlyMap<string, number>;
  /** Why it was not tried. */
  readonly skipped?: string;
}

/**
 * Does all rounds of a fault, up to the first loss; then its folder is kept.
 * @param seed repeats the random choices of a former run; `first` begins at a later round; `signal` makes the round that
 * is under way the last one
 */
export async function runFault(
  fault: Fault,
  { asked, seed, first = 0, signal }: { asked: number; seed: string; first?: number; signal?: AbortSignal },
): Promise<Outcome> {
  const rounds = fault.rounds(asked);
  const begun = Date.now();
  const hits = new Map<string, number>();
  const skipped = fault.impossible?.();
  if (skipped !== undefined) return { fault, rounds: 0, survived: 0, took: 0, hits, skipped };
  let folder = "";
  let scenario: Stage | undefined;
  let index = first;
  try {
    for (; index < first + rounds && !signal?.aborted; index += 1) {
      if (scenario === undefined || index % fault.roundsPerStage === 0) {
        await scenario?.close();
        if (folder !== "") removeFolder(folder);
        folder = mkdtempSync(join(tmpdir(), "faults-"));
        scenario = await fault.open(folder);
      }
      const hit = await scenario.round(createRandom(seed, fault.name, index), index);
      if (hit !== undefined) hits.set(hit, (hits.get(hit) ?? 0) + 1);
    }
    await scenario?.close();
    removeFolder(folder);
    return { fault, rounds: index - first, survived: index - first, took: Date.now() - begun, hits };
  } catch (error) {
    await scenario?.close();
    const what = `round ${index} (--seed ${seed}): ${isViolation(error) ? errorMessage(error) : errorWithStack(error)}`;
    return {
      fault,
      rounds,
      survived: index - first,
      took: Date.now() - begun,
      hits,
      loss: { what, evidence: folder },
    };
  }
}

function isViolation(error: unknown): boolean {
  return error instanceof Error && error.name === "InvariantViolation";
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
