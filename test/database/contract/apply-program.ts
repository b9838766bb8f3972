/**
 * Applies a snapshot, given as a file, to the database that argv[2] describes. Says so right before, and how it went
 * after.
 */
import { readFileSync, writeSync } from "node:fs";
import { type DatabaseLocation, openKumaDatabase } from "../../../src/database/index.ts";
import { success } from "../../../src/result.ts";
import { decodeSnapshot } from "../../../src/snapshot/index.ts";

/** What argv[2] holds as JSON. */
export interface Task {
  readonly location: DatabaseLocation;
  readonly uploadDir: string;
  readonly kumaVersion: string;
  readonly snapshotFile: string;
}

const { location, snapshotFile, ...surroundings }: Task = JSON.parse(process.argv[2] ?? "");
const snapshot = decodeSnapshot(readFileSync(snapshotFile));
if (!snapshot.ok) throw new Error(snapshot.problem.message);
const kuma = openKumaDatabase({ ...surroundings, locate: () => success(location) });
writeSync(1, "applying\n");
const applied = await kuma.apply(snapshot.value, { snapshotId: "killed", contentHash: "h" });
writeSync(1, applied.ok ? "applied\n" : `${applied.problem.code}: ${applied.problem.message}\n`);
