import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { databaseEnvironment, databaseSecrets } from "./database.ts";
import { readDotenv } from "./dotenv.ts";
import {
  checkResticEnv,
  type Environment,
  kumaEnvironment,
  resticEnvironment,
  warnOfBash,
  warnOfUnknown,
} from "./environment.ts";
import { readHttp } from "./http.ts";
import { type KumaLocation, locateKuma } from "./kuma.ts";
import { readSettings } from "./lenient.ts";
import { describeMistake, type Mistake, type SettingProblem } from "./mistake.ts";
import { type Notices, readNotices, readWake } from "./ntfy.ts";
import { readPeers } from "./peers.ts";
import { readProxy, secretsOfProxy } from "./proxy.ts";
import { redact } from "./redact.ts";
import { checkRestic } from "./restic.ts";
import { secretsOf, secretsOfPing, worthHiding } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import type { Config, HttpConfig, KumaConfig, NtfyConfig, PeersConfig, ProxyConfig, Role } from "./types.ts";

export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] };

/**
 * Makes the configuration out of the environment and the file `.env` in `cwd`; the environment wins. Reads the files
 * that variables name, writes nothing, starts nothing. Only what leaves Kuma without a way to start is refused: what is
 * wrong with notices, page, pings and pace is a warning, what replication cannot do without an obstacle.
 * @returns the configuration, frozen through and through, or everything that is wrong with it at once
 */
export function loadConfig(processEnv: NodeJS.ProcessEnv, cwd: string): LoadedConfig {
  const file = readDotenv(cwd);
  const env: Environment = { ...(file.ok ? file.value : {}), ...withoutUndefined(processEnv) };
  const { settings, problems, mistakes } = readSettings(env);
  const restic = checkRestic(env, cwd);
  const kuma = locateKuma(env, cwd);
  const notices = readNotices(settings?.NTFY_URL, env, cwd);
  const resticEnv = checkResticEnv(env);
  const wake = readWake(settings?.REPLICATOR_WAKE === "ntfy", notices.value, env);
  const http = readHttp(settings?.REPLICATOR_HTTP, kuma.ok ? kuma.value.url : undefined, env, cwd);
  const peers = readPeers(settings, env, cwd);
  const { ntfy, webhook } = notices.value;
  // A proxy that nothing would go through is not our business.
  const { REPLICATOR_PING_URL: pingUrl, REPLICATOR_WEBHOOK_URL: jsonWebhookUrl } = settings ?? {};
  const hasRequests = [ntfy, webhook, pingUrl, jsonWebhookUrl, peers.value].some(
    (each) => each !== undefined,
  );
  const proxy = hasRequests ? readProxy(env) : { value: undefined, mistakes: [] };
  const files = [file.ok ? undefined : file.problem, kuma.ok ? kuma.value.ownFileProblem : undefined];
  const allMistakes: readonly Mistake[] = [
    // Mostly one and the same file: ours and Kuma's folder are one in the image.
    ...files
      .filter((problem) => problem !== undefined)
      .map((problem) => ({ ...problem, instead: "It counts as empty." })),
    ...mistakes,
    ...notices.mistakes,
    ...wake.mistakes,
    ...http.mistakes,
    ...peers.mistakes,
    ...proxy.mistakes,
  ];
  const obstacles = [...restic.problems, ...(resticEnv.ok ? [] : [resticEnv.problem])];
  const secrets = worthHiding([
    ...secretsOf(env),
    ...(kuma.ok ? databaseSecrets(env, kuma.value) : []),
    ...restic.secrets,
    ...notices.value.secrets,
    ...secretsOfPing(webhook?.url),
    ...secretsOfProxy(proxy.value),
    ...secretsOfPing(pingUrl),
    ...secretsOfPing(jsonWebhookUrl),
    peers.value?.secret ?? "",
    ...(http.value?.credentials?.split(/:(.*)/s).slice(1) ?? []),
  ]);
  const hide = (problem: SettingProblem) => hidden(problem, secrets);
  if (settings === undefined || !kuma.ok) {
    const fatal = [...problems, ...(kuma.ok ? [] : [kuma.problem])];
    return { ok: false, problems: [...fatal, ...obstacles, ...allMistakes].map(hide) };
  }
  const warnings = [
    ...allMistakes.map(describeMistake),
    ...(resticEnv.ok ? resticEnv.value : []),
    ...warnOfUnknown(env),
    ...warnOfBash(env),
  ];
  const parts: Parts = {
    ...{ cwd, settings, env, secrets, warnings, kuma: kuma.value },
    ...{
      obstacles: obstacles.map(hide),
      notices: notices.value,
      wake: wake.value,
      http: http.value,
      peers: peers.value,
      proxy: proxy.value,
    },
  };
  return { ok: true, config: deepFreeze(assemble(parts)) };
}

interface Parts {
  readonly cwd: string;
  readonly settings: Settings;
  readonly env: Environment;
  readonly kuma: KumaLocation;
  readonly notices: Notices;
  readonly wake: NtfyConfig | undefined;
  readonly http: HttpConfig | undefined;
  readonly peers: PeersConfig | undefined;
  readonly proxy: ProxyConfig | undefined;
  readonly secrets: readonly string[];
  readonly warnings: readonly string[];
  readonly obstacles: readonly SettingProblem[];
}

function assemble({ settings, env, kuma, notices, wake, http, peers, ...parts }: Parts): Config {
  const chosen = chooseRole(settings.REPLICATOR_MODE);
  const instanceName = settings.REPLICATOR_INSTANCE_NAME || hostname();
  const { dir, dataDir, stateDir, url } = kuma;
  return {
    role: chosen.role,
    instanceName,
    stateDir,
    kuma: {
      dir,
      command: settings.KUMA_COMMAND,
      dataDir,
      url,
      env: {
        ...kumaEnvironment(env, kuma.ownFile, instanceName),
        ...(peers && { REPLICATOR_ALERT: peers.alert }),
      },
      // dotenv leaves a variable that exists alone, also an empty one.
      timeZone: env.TZ ?? kuma.ownFile.TZ,
      apply: settings.REPLICATOR_APPLY,
      hasChannel: settings.REPLICATOR_APPLY === "live" || peers !== undefined,
      databaseEnv: databaseEnvironment(env, kuma.ownFile),
      limits: {
        stopGrace: settings.REPLICATOR_STOP_GRACE,
        startLimit: settings.REPLICATOR_START_LIMIT,
        restartLimit: settings.REPLICATOR_RESTART_LIMIT,
        restartPause: settings.REPLICATOR_RESTART_PAUSE,
      },
      user: chooseUser(settings, dir),
    },
    restic: {
      env: resticEnvironment(env, stateDir),
      options: settings.REPLICATOR_RESTIC_OPTIONS,
      secrets: parts.secrets,
    },
    createRepository: settings.REPLICATOR_INIT,
    takeover: settings.REPLICATOR_TAKEOVER,
    adopt: settings.REPLICATOR_ADOPT,
    ownValues: chosen.ownValues,
    local: settings.REPLICATOR_LOCAL,
    accounts: settings.REPLICATOR_ACCOUNTS,
    push: settings.REPLICATOR_PUSH,
    keep: settings.REPLICATOR_KEEP,
    verifyWindow: settings.REPLICATOR_PROOF_WINDOW,
    intervals: { primary: settings.BACKUP_INTERVAL, replica: settings.RESTORE_INTERVAL },
    ntfy: notices.ntfy,
    webhook: notices.webhook,
    jsonWebhookUrl: settings.REPLICATOR_WEBHOOK_URL,
    notify: { level: settings.REPLICATOR_NOTIFY, clickUrl: settings.REPLICATOR_CLICK_URL },
    wake,
    proxy: parts.proxy,
    pingUrl: settings.REPLICATOR_PING_URL,
    http,
    peers,
    exportFolder: settings.REPLICATOR_EXPORT_DIR
      ? {
          dir: resolve(parts.cwd, settings.REPLICATOR_EXPORT_DIR),
          withSecrets: settings.REPLICATOR_EXPORT_SECRETS,
        }
      : undefined,
    log: { level: settings.LOG_LEVEL, format: settings.LOG_FORMAT },
    warnings: [...new Set([...chosen.warnings, ...parts.warnings])].map((each) =>
      redact(each, parts.secrets),
    ),
    obstacles: parts.obstacles,
    secrets: parts.secrets,
  };
}

function withoutUndefined(env: NodeJS.ProcessEnv): Environment {
  return Object.fromEntries(Object.entries(env).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])));
}

function hidden({ code, message, advice }: SettingProblem, secrets: readonly string[]): SettingProblem {
  return { code, message: redact(message, secrets), advice: redact(advice, secrets) };
}

/**
 * The role that REPLICATOR_MODE asks for. Only BACKUP makes a primary; anything else follows, as it always did, for a
 * mistyped replica does no harm and a second primary would. What was surely not meant is warned of.
 */
function chooseRole(mode: string): { role: Role; ownValues: boolean; warnings: string[] } {
  const word = mode.toUpperCase();
  const ownValues = word === "RESTORE_LOCAL_ENTITY_REPLICATION";
  if (word === "BACKUP") return { role: "primary", ownValues, warnings: [] };
  if (word === "RESTORE" || word === "" || ownValues) return { role: "replica", ownValues, warnings: [] };
  return {
    role: "replica",
    ownValues,
    warnings: [
      `REPLICATOR_MODE is ${JSON.stringify(mode)}, which is neither BACKUP nor RESTORE: this instance follows as a replica, and its own changes will be overwritten. Set it to BACKUP if it shall be the primary.`,
    ],
  };
}

/**
 * The user that Kuma runs as, where its own image would change it: 1.23's entrypoint (extra/entrypoint.sh) gives the
 * data folder to PUID and PGID and runs Kuma as them; 2.x has no such script and ignores the two. Only root can.
 */
function chooseUser(settings: Pick<Settings, "PUID" | "PGID">, kumaDir: string): KumaConfig["user"] {
  const { PUID, PGID } = settings;
  if (PUID === undefined && PGID === undefined) return undefined;
  if (process.getuid?.() !== 0 || !existsSync(join(kumaDir, "extra", "entrypoint.sh"))) return undefined;
  return { uid: PUID ?? 0, gid: PGID ?? 0 };
}

/** Freezes plain data and all that it holds. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
