import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { Config } from "../config/index.ts";
import type { DatabaseWorker } from "../database/index.ts";
import type { Listener } from "../events/index.ts";
import { errorCode, errorMessage } from "../format.ts";

const KEY_BYTES = 32;

/**
 * Keeps REPLICATOR_EXPORT_DIR as Kuma is configured: after the first cycle, and after each publish and apply. In the
 * background, one export at a time; a failed one is tried again after the next cycle, reported once until one
 * succeeds, and never anybody's failure.
 * @param emit gets a warning when it fails
 */
export function createFolderExporter(
  { exportFolder, stateDir }: Pick<Config, "exportFolder" | "stateDir">,
  database: Pick<DatabaseWorker, "toFolder">,
  emit: Listener,
  signal: AbortSignal,
): Listener {
  if (exportFolder === undefined) return () => {};
  const { dir, withSecrets } = exportFolder;
  let isDue = true;
  let isRunning = false;
  let works = true;

  async function runAll(): Promise<void> {
    isRunning = true;
    while (isDue && !signal.aborted) {
      isDue = false;
      const problem = await exportOnce();
      if (problem !== undefined && works && !signal.aborted)
        emit({
          type: "warning",
          message: `${problem} Tried again after each cycle; not logged again until it works.`,
        });
      works = problem === undefined;
      if (works) continue;
      isDue = true;
      break;
    }
    isRunning = false;
  }

  /** @returns what went wrong, in sentences */
  async function exportOnce(): Promise<string | undefined> {
    try {
      const files = await database.toFolder(withSecrets ? undefined : await readKey(stateDir));
      if (!files.ok) return `Not exported to ${dir}: ${files.problem.message} ${files.problem.advice}`;
      await mkdir(dir, { recursive: true });
      for (const { name, text } of files.value)
        await writeWhereDiffers(join(dir, name), text, withSecrets ? 0o600 : 0o644);
      return undefined;
    } catch (error) {
      return `Not exported to ${dir}: ${errorMessage(error)}. Let this user write there, or correct REPLICATOR_EXPORT_DIR.`;
    }
  }

  return (event) => {
    if (event.type === "published" || event.type === "applied") isDue = true;
    else if (event.type !== "cycle-done") return;
    if (isDue && !isRunning) void runAll();
  };
}

/** By temporary file and rename, so whoever reads it finds the one before or this one. */
async function writeWhereDiffers(path: string, text: string, mode: number): Promise<void> {
  const before = await readFile(path, "utf8").catch(() => undefined);
  if (before !== text) await writeFileAtomic(path, text, { mode });
}

/** What secrets are hashed with; made once. With another one all hashes change, and nothing else. */
async function readKey(stateDir: string): Promise<Uint8Array> {
  const path = join(stateDir, "export.key");
  try {
    await writeFile(path, randomBytes(KEY_BYTES).toString("hex"), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
  return Buffer.from(await readFile(path, "utf8"), "hex");
}
