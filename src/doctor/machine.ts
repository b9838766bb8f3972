import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/index.ts";
import type { DatabaseLocation } from "../database/index.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";
import { repositoryAddress } from "./repository-address.ts";

const MB = 1_000_000;
/** Less, and SQLite soon cannot commit. Bytes. */
const TOO_LITTLE = 100 * MB;
/** A month of heartbeats of a hundred monitors is some 500 MB. */
const LITTLE = 1_000 * MB;

/**
 * Whether all files that are written to are writable, and nobody else can read what is secret.
 * @param location of Kuma's database, if it is known
 */
export function checkPermissions(
  { kuma, stateDir }: Config,
  location: DatabaseLocation | undefined,
): Finding {
  const check = "permissions";
  const files = location !== undefined && "file" in location ? [location.file] : [];
  const wanted = [kuma.dataDir, ...files, stateDir, join(stateDir, "state.json")];
  const unusable = wanted.find((path) => !mayWrite(path));
  if (unusable !== undefined)
    return failed(check, {
      message: `${unusable} does not exist, or this user (${process.getuid?.()}) may not write to it.`,
      advice: "Make the user that the container runs as the owner of the data folder (chown -R).",
    });
  const mode = statSync(stateDir).mode & 0o777;
  if ((mode & 0o077) !== 0)
    return warning(
      check,
      `The state folder ${stateDir} is open to other users (mode ${mode.toString(8)}).`,
      `chmod 700 ${stateDir}`,
    );
  return ok(check, "The data and state folders are writable, and the state is private.");
}

/** Whether there is room where is written to: Kuma's data, our state, and a repository that is a folder here. */
export function checkDisk({ kuma, stateDir, restic }: Config): Finding {
  const check = "disk";
  const address = repositoryAddress(restic.env);
  const folders = [kuma.dataDir, stateDir, ...(address?.startsWith("/") ? [address] : [])];
  const found = folders.filter((folder) => existsSync(folder)).map((folder) => measure(folder));
  // Each disk by the first of its folders: how much is free changes between two looks.
  const disks = found.filter(({ disk }, at) => found.findIndex((each) => each.disk === disk) === at);
  const [tightest] = disks.sort((a, b) => a.free - b.free);
  if (tightest === undefined)
    return failed(check, {
      message: `The data folder ${kuma.dataDir} does not exist.`,
      advice: "Mount the volume of Uptime Kuma there, or set DATA_DIR to where it is.",
    });
  const full = disks.find(({ noFiles }) => noFiles) ?? tightest;
  const message = full.noFiles
    ? `No more files can be made in ${full.folder}: its disk has no inode left.`
    : `${Math.round(full.free / MB)} MB are free for ${full.folder}.`;
  const advice = "Free some space, or keep less history (Uptime Kuma: Settings, Monitor History).";
  if (full.noFiles || full.free < TOO_LITTLE) return failed(check, { message, advice });
  return full.free < LITTLE ? warning(check, message, advice) : ok(check, message);
}

function measure(folder: string) {
  const { bavail, bsize, files, ffree } = statfsSync(folder);
  // btrfs and others count no inodes: all are 0.
  return { folder, disk: statSync(folder).dev, free: bavail * bsize, noFiles: files > 0 && ffree === 0 };
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
