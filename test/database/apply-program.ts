/**
 * Applies the snapshot at argv[3] to the database at argv[2]; says so right before, and after it the problem's code or
 * "applied". With argv[4], no file may grow beyond that many bytes: the closest to a full disk without being root.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { openSqlite } from "../../src/database/index.ts";
import { decodeSnapshot } from "../../src/snapshot/index.ts";

const [file = "", snapshotFile = "", limit] = process.argv.slice(2);
const snapshot = decodeSnapshot(readFileSync(snapshotFile));
if (!snapshot.ok) throw new Error(snapshot.problem.message);
const kuma = openSqlite({ file, uploadDir: join(dirname(file), "upload"), kumaVersion: "2.5.3" });
if (limit !== undefined) {
  process.on("SIGXFSZ", () => {});
  execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${limit}`]);
}
writeSync(1, "applying\n");
const applied = kuma.apply(snapshot.value, { snapshotId: "killed", contentHash: "h" });
writeSync(1, applied.ok ? "applied\n" : `${applied.problem.code}: ${applied.problem.message}\n`);
