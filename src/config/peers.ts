import type { Environment } from "./environment.ts";
import { readFileOf } from "./files.ts";
import type { Lenient, SettingProblem } from "./mistake.ts";
import type { Settings } from "./settings.ts";
import type { PeersConfig } from "./types.ts";

/**
 * What instances tell one another with: the addresses, and the secret that they share. That is the repository's
 * password, or what REPLICATOR_PEERS_KEY_FILE holds where a command gives the password to restic alone.
 * @returns undefined when they tell nothing
 */
export function readPeers(
  settings: Settings | undefined,
  env: Environment,
  cwd: string,
): Lenient<PeersConfig | undefined> {
  const { REPLICATOR_PEERS: addresses = [], REPLICATOR_ALERT: alert = "each" } = settings ?? {};
  if (addresses.length === 0) return alert === "each" ? none() : none(ALERT_ALONE);
  const file = ["REPLICATOR_PEERS_KEY_FILE", "RESTIC_PASSWORD_FILE"].find((name) => env[name]);
  if (file === undefined && env.RESTIC_PASSWORD)
    return { value: { addresses, alert, secret: env.RESTIC_PASSWORD }, mistakes: [] };
  if (file === undefined) return none(NO_SECRET);
  const read = readFileOf(file, env, cwd);
  return read.ok ? { value: { addresses, alert, secret: read.value }, mistakes: [] } : none(read.problem);
}

function none(problem?: SettingProblem): Lenient<undefined> {
  const instead = "This instance tells and asks no other one.";
  return { value: undefined, mistakes: problem === undefined ? [] : [{ ...problem, instead }] };
}

const ALERT_ALONE: SettingProblem = {
  code: "setting-missing",
  message: "REPLICATOR_ALERT is annotate, but REPLICATOR_PEERS names nobody who could be asked.",
  advice: "Set REPLICATOR_PEERS to the addresses of the other instances.",
};

const NO_SECRET: SettingProblem = {
  code: "setting-missing",
  message: "REPLICATOR_PEERS is set, but there is no password here that its key could be derived from.",
  advice: "Name a file with the same secret on all instances in REPLICATOR_PEERS_KEY_FILE.",
};
