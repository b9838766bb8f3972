import { copyFileSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kumaEnvironment } from "../support/kuma/bare-kuma.ts";
import { fixture } from "./columns.ts";

/** A folder for one instance, with the real database of a Kuma in it. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  mkdirSync(join(folder, "data"));
  copyFileSync(fixture("kuma-dbs/2.5.3.db"), join(folder, "data", "kuma.db"));
  return folder;
}

/** What a primary needs to know, in a folder of its own. HOME is also the mark by which its processes are found. */
export function environment({
  folder,
  port,
  child,
}: {
  folder: string;
  port: number;
  child: readonly string[];
}): Record<string, string> {
  return {
    ...kumaEnvironment({ dataDir: join(folder, "data"), port }),
    HOME: folder,
    KUMA_DIR: fixture("kuma"),
    KUMA_COMMAND: child.join(" "),
    REPLICATOR_MODE: "BACKUP",
    REPLICATOR_INSTANCE_NAME: "conformance",
    REPLICATOR_STATE_DIR: join(folder, "data", "replicator"),
    RESTIC_REPOSITORY: join(folder, "data", "repository"),
    RESTIC_PASSWORD: "conformance",
    LOG_FORMAT: "json",
  };
}
