import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorMessage } from "../../src/format.ts";
import type { Backend, OpenBackend } from "./backend.ts";
import { type Case, casesOf } from "./cases.ts";
import { type Common, createStage, type Stage } from "./stage.ts";

/** How one case ended. */
export interface Row {
  readonly name: string;
  /** What was seen, or why it does not hold. */
  readonly saw: string;
  readonly holds: boolean;
}

interface Options extends Common {
  /** Only what the short form has, the mistakes all at once. */
  readonly isShort?: boolean;
  /** Hears of each case as soon as it has ended. */
  readonly report?: (row: Row) => void;
}

/**
 * Tries all cases at a backend, on one primary and one replica. After one that does not hold it goes on with the others,
 * unless there is no pair to go on with.
 */
export async function tryBackend(
  backend: Backend,
  { isShort = false, report: hear, ...common }: Options,
): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "backends-"));
  const served = join(folder, "served");
  mkdirSync(served);
  const rows: Row[] = [];
  const report = (row: Row) => {
    rows.push(row);
    hear?.(row);
  };
  let opened: OpenBackend | undefined;
  let stage: Stage | undefined;
  try {
    opened = await backend.open(served, common.restic);
    const pair = createStage(folder, opened, common);
    stage = pair;
    const attempt = async ({ name, run }: Case) => {
      const row = await run(pair).then(
        (saw): Row => ({ name, saw, holds: true }),
        (error: unknown): Row => ({ name, saw: errorMessage(error), holds: false }),
      );
      report(row);
      return row.holds;
    };
    const { first, mistakes, more, long } = casesOf(opened);
    const beside = isShort ? mistakes.map(attempt) : [];
    const hasPair = await attempt(first);
    await Promise.all(beside);
    if (!isShort) for (const each of mistakes) await attempt(each);
    if (hasPair) for (const each of isShort ? more : [...more, ...long]) await attempt(each);
  } catch (error) {
    report({ name: "is served", saw: errorMessage(error), holds: false });
  } finally {
    await stage?.close();
    await opened?.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return rows;
}
