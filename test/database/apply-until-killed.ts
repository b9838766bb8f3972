/** Applies the snapshot at argv[3] to the database at argv[2]; says so right before. */
import { readFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { openKumaDatabase } from "../../src/database/index.ts";
import { decodeSnapshot } from "../../src/snapshot/index.ts";

const [file = "", snapshotFile = ""] = process.argv.slice(2);
const snapshot = decodeSnapshot(readFileSync(snapshotFile));
if (!snapshot.ok) throw new Error(snapshot.problem.message);
const kuma = openKumaDatabase({ file, uploadDir: join(dirname(file), "upload"), kumaVersion: "2.5.3" });
writeSync(1, "applying\n");
const applied = kuma.apply(snapshot.value, { snapshotId: "killed", contentHash: "h" });
writeSync(1, applied.ok ? "applied\n" : `${applied.problem.message}\n`);
