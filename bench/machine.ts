import { arch, cpus, release, totalmem } from "node:os";
import Database from "better-sqlite3";
import { execa } from "execa";
import { readKumaVersion } from "../src/kuma/index.ts";
import { ensureKuma } from "../test/support/install/kuma.ts";

/** What was measured, and on what, in one line. */
export async function describeMachine(): Promise<string> {
  const [cpu] = cpus();
  const [restic, rclone] = await Promise.all(
    ["restic", "rclone"].map(async (program) => {
      const { stdout } = await execa(program, ["version"]);
      return /\d+\.\d+(\.\d+)?/.exec(stdout)?.[0];
    }),
  );
  const sqlite = new Database(":memory:").prepare("SELECT sqlite_version()").pluck().get();
  return [
    `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 1024 ** 3)} GB, Linux ${release()} ${arch()}`,
    `Node ${process.versions.node}, SQLite ${sqlite}, restic ${restic}, rclone ${rclone}`,
    `Uptime Kuma ${readKumaVersion(await ensureKuma())}`,
    new Date().toISOString().slice(0, 10),
  ].join("; ");
}
