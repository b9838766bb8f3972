import { accessSync, constants, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { Config } from "../config/index.ts";
import type { DatabaseLocation } from "../database/index.ts";
import { planPatch } from "../patch/index.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

const MB = 1_000_000;
/** Less, and SQLite soon cannot commit. Bytes. */
const TOO_LITTLE = 100 * MB;
/** A month of heartbeats of a hundred monitors is some 500 MB. */
const LITTLE = 1_000 * MB;
const RESTIC_LIMIT = 10_000;

/**
 * Whether all files that are written to are writable, and nobody else can read what is secret.
 * @param location of Kuma's database, if it is known
 */
export function checkPermissions(
  { kuma, stateDir }: Config,
  location: DatabaseLocation | undefined,
): Finding {
  const check = "permissions";
  const files = location?.engine === "sqlite" ? [location.file] : [];
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

export function checkDisk({ kuma }: Config): Finding {
  const { bavail, bsize } = statfsSync(kuma.dataDir);
  const free = bavail * bsize;
  const message = `${Math.round(free / MB)} MB are free for ${kuma.dataDir}.`;
  const advice = "Free some space, or keep less history (Uptime Kuma: Settings, Monitor History).";
  if (free < TOO_LITTLE) return failed("disk", { message, advice });
  return free < LITTLE ? warning("disk", message, advice) : ok("disk", message);
}

export async function checkRestic({ restic }: Config): Promise<Finding> {
  const { stdout, failed: hasFailed } = await execa("restic", ["version"], {
    env: restic.env,
    extendEnv: false,
    stdin: "ignore",
    timeout: RESTIC_LIMIT,
    reject: false,
  });
  const version = /^restic (\S+)/.exec(stdout ?? "")?.[1];
  if (hasFailed || version === undefined)
    return failed("restic", {
      message: "The program restic cannot be started.",
      advice: "Install restic 0.14 or newer where PATH finds it.",
    });
  const helper = restic.env.RESTIC_PASSWORD_COMMAND
    ? " RESTIC_PASSWORD_COMMAND sees only restic's variables and those that REPLICATOR_RESTIC_ENV names."
    : "";
  return ok("restic", `restic ${version}.${helper}`);
}

/** Whether Kuma's messages carry the name of this instance. */
export async function checkPatch({ kuma }: Config): Promise<Finding> {
  const plan = await planPatch(kuma.dir);
  if (plan.ok && plan.value.changes.length === 0)
    return ok("patch", "Uptime Kuma's messages begin with the name of this instance.");
  return warning(
    "patch",
    plan.ok ? "Uptime Kuma's messages do not name the instance that sends them." : plan.problem.message,
    "Run `replicator-kuma patch KUMA_DIR` when the image is built; replication works without.",
  );
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
