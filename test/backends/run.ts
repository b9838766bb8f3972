import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorMessage } from "../../src/format.ts";
import type { Backend, OpenBackend } from "./backend.ts";
import { casesOf } from "./cases.ts";
import { type Common, createStage, type Stage } from "./stage.ts";

/** How one case ended. */
export interface Row {
  readonly name: string;
  /** What was seen, or why it does not hold. */
  readonly saw: string;
  readonly holds: boolean;
}

/**
 * Tries all cases at a backend, on one primary and one replica. After one that does not hold it goes on with the others,
 * unless there is no pair to go on with.
 * @param report hears of each as soon as it has ended
 */
export async function tryBackend(
  backend: Backend,
  { report, ...common }: Common & { readonly report?: (row: Row) => void },
): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "backends-"));
  const served = join(folder, "served");
  mkdirSync(served);
  const rows: Row[] = [];
  const add = async (name: string, attempt: Promise<string>) => {
    const row = await attempt.then(
      (saw): Row => ({ name, saw, holds: true }),
      (error: unknown): Row => ({ name, saw: errorMessage(error), holds: false }),
    );
    rows.push(row);
    report?.(row);
    return row.holds;
  };
  let opened: OpenBackend | undefined;
  let stage: Stage | undefined;
  try {
    opened = await backend.open(served, common.restic);
    stage = createStage(folder, opened, common);
    for (const { name, run } of casesOf(opened)) {
      const holds = await add(name, run(stage));
      if (!holds && rows.length === 1) break;
    }
    return rows;
  } catch (error) {
    await add("is served", Promise.reject(error));
    return rows;
  } finally {
    await stage?.close();
    await opened?.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
