import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { writeDump, writeExports } from "./bash-writer.ts";
import { resticEnvironment } from "./repository.ts";
import { PATIENCE } from "./wait.ts";

const AT_PATH = fileURLToPath(new URL("at-path.sh", import.meta.url));

/** Where the bash versions have what they publish; restic notes that path. */
const PATHS = { dump: "/backup/current", exports: "/replicator_kuma/current" };

/**
 * How a bash version publishes. `dump`: that for Uptime Kuma 1.23. `exports`: that for Uptime Kuma 2; `seed`: as its
 * first snapshot, and any after one that it could not read.
 */
export type BashForm =
  | { readonly form: "dump"; readonly indexes?: boolean }
  | { readonly form: "exports"; readonly seed?: boolean; readonly engine?: "sqlite" | "mysql" };

/** What restic notes of it. */
interface Published {
  readonly hostname?: string;
  readonly time?: Date;
}

/** Publishes what is in a database of Kuma as a bash version does. @returns restic's id */
export async function publishAsBash(
  repository: string,
  databaseFile: string,
  how: BashForm,
  of: Published = {},
): Promise<string> {
  const files = (folder: string) => {
    if (how.form === "dump") writeFileSync(join(folder, "backup.sql"), writeDump(databaseFile, how));
    else writeExports(databaseFile, join(folder, `${how.engine ?? "sqlite"}_exports`));
  };
  return publishFilesAsBash(repository, files, how, of);
}

/** The same with any files. @param fill puts them into the folder that is published */
export async function publishFilesAsBash(
  repository: string,
  fill: (folder: string) => void,
  how: BashForm,
  { hostname = "old-primary", time = new Date() }: Published = {},
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "bash-publisher-"));
  try {
    const [root, current] = [join(folder, "root"), join(folder, "current")];
    for (const each of [root, current]) mkdirSync(each);
    fill(current);
    const path = PATHS[how.form];
    const isRelative = how.form === "exports" && how.seed !== true;
    const when = time.toISOString().slice(0, 19).replace("T", " ");
    const backup = `cd ${path} && exec restic backup --quiet --host ${hostname} --time '${when}' ${isRelative ? "." : path}`;
    const env = { ...resticEnvironment(repository), TZ: "UTC" };
    const options = { env, extendEnv: false, stdin: "ignore", timeout: PATIENCE } as const;
    await execa("unshare", ["-m", "sh", AT_PATH, root, current, path, "sh", "-c", backup], options);
    const listed = await execa(
      "restic",
      ["snapshots", "--json", "--no-lock", "--latest=1", `--host=${hostname}`],
      options,
    );
    const snapshots: { id: string; time: string }[] = JSON.parse(listed.stdout);
    return snapshots.sort((a, b) => Date.parse(a.time) - Date.parse(b.time)).at(-1)?.id ?? "";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
