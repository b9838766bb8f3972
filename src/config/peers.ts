import type { Environment } from "./environment.ts";
import { readFileOf } from "./files.ts";
import type { Lenient, Mistake, SettingProblem } from "./mistake.ts";
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
  if (settings === undefined) return none();
  const { REPLICATOR_PEERS: addresses, REPLICATOR_ALERT: alert } = settings;
  if (addresses.length === 0) return alert === "each" ? none() : none(alertAlone(alert));
  const { REPLICATOR_ALERT_AGREE: agree, REPLICATOR_ALERT_WAIT: wait } = settings;
  const parts = { addresses, alert, agree, wait, alone: Math.max(wait, settings.REPLICATOR_ALERT_ALONE) };
  const mistakes = wait > settings.REPLICATOR_ALERT_ALONE ? [ALONE_BEFORE_WAIT] : [];
  const file = ["REPLICATOR_PEERS_KEY_FILE", "RESTIC_PASSWORD_FILE"].find((name) => env[name]);
  if (file === undefined && env.RESTIC_PASSWORD)
    return { value: { ...parts, secret: env.RESTIC_PASSWORD }, mistakes };
  if (file === undefined) return none(NO_SECRET);
  const read = readFileOf(file, env, cwd);
  return read.ok ? { value: { ...parts, secret: read.value }, mistakes } : none(read.problem);
}

function none(problem?: SettingProblem): Lenient<undefined> {
  const instead = "This instance tells and asks no other one.";
  return { value: undefined, mistakes: problem === undefined ? [] : [{ ...problem, instead }] };
}

function alertAlone(alert: string): SettingProblem {
  return {
    code: "setting-missing",
    message: `REPLICATOR_ALERT is ${alert}, but REPLICATOR_PEERS names nobody who could be asked.`,
    advice: "Set REPLICATOR_PEERS to the addresses of the other instances.",
  };
}

const ALONE_BEFORE_WAIT: Mistake = {
  code: "setting-invalid",
  message: "REPLICATOR_ALERT_ALONE is shorter than REPLICATOR_ALERT_WAIT.",
  instead: "It counts as long as that.",
  advice: "Make it longer: it is how long people are not told of what one instance alone has down.",
};

const NO_SECRET: SettingProblem = {
  code: "setting-missing",
  message: "REPLICATOR_PEERS is set, but there is no password here that its key could be derived from.",
  advice: "Name a file with the same secret on all instances in REPLICATOR_PEERS_KEY_FILE.",
};
