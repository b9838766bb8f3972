import { hostname } from "node:os";
import type { z } from "zod";
import type { Problem, Result } from "../result.ts";
import { readDotenv } from "./dotenv.ts";
import { type Environment, kumaEnvironment, resticEnvironment } from "./environment.ts";
import { deepFreeze } from "./freeze.ts";
import { readHttp } from "./http.ts";
import { type KumaLocation, locateKuma } from "./kuma.ts";
import { authorize, readNtfyToken } from "./ntfy.ts";
import { secretsOfPing } from "./ping.ts";
import { checkRestic } from "./restic.ts";
import { warnOfUnknown } from "./restic-variables.ts";
import { chooseRole } from "./role.ts";
import { secretsOf, worthHiding } from "./secrets.ts";
import { type Settings, settingsSchema } from "./settings.ts";
import type { Config, HttpConfig, NtfyConfig } from "./types.ts";
import { chooseUser } from "./user.ts";
import { checkWake } from "./wake.ts";

export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Makes the configuration out of the environment and the file `.env` in `cwd`; the environment wins. Reads the files
 * that variables name, writes nothing, starts nothing.
 * @returns the configuration, frozen through and through, or everything that is wrong with it at once
 */
export function loadConfig(processEnv: NodeJS.ProcessEnv, cwd: string): LoadedConfig {
  const problems: Problem[] = [];
  const take = <T>(result: Result<T>): T | undefined => {
    if (result.ok) return result.value;
    problems.push(result.problem);
    return undefined;
  };

  const env: Environment = { ...take(readDotenv(cwd)), ...withoutUndefined(processEnv) };
  const parsed = settingsSchema.safeParse(env);
  if (!parsed.success) problems.push(...parsed.error.issues.map(explain));
  const restic = checkRestic(env, cwd);
  problems.push(...restic.problems);
  const token = take(readNtfyToken(env, cwd));
  const ntfy = take(authorize(parsed.data?.NTFY_URL, token));
  take(checkWake(env));
  const kuma = take(locateKuma(env, cwd));
  const http = take(readHttp(parsed.data?.REPLICATOR_HTTP, kuma?.url, env, cwd));

  if (!parsed.success || kuma === undefined || problems.length > 0) return { ok: false, problems };
  const secrets = worthHiding([
    ...secretsOf(env),
    ...restic.secrets,
    ...(token ? [token] : []),
    ...secretsOfPing(parsed.data.REPLICATOR_PING_URL),
    ...(http?.credentials?.split(/:(.*)/s).slice(1) ?? []),
  ]);
  const parts = { settings: parsed.data, env, kuma, ntfy, http, secrets };
  return { ok: true, config: deepFreeze(assemble(parts)) };
}

interface Parts {
  readonly settings: Settings;
  readonly env: Environment;
  readonly kuma: KumaLocation;
  readonly ntfy: NtfyConfig | undefined;
  readonly http: HttpConfig | undefined;
  readonly secrets: readonly string[];
}

function assemble({ settings, env, kuma, ntfy, http, secrets }: Parts): Config {
  const { role, warnings } = chooseRole(settings.REPLICATOR_MODE);
  const instanceName = settings.REPLICATOR_INSTANCE_NAME || hostname();
  const { dir, dataDir, stateDir, url } = kuma;
  return {
    role,
    instanceName,
    stateDir,
    kuma: {
      dir,
      command: settings.KUMA_COMMAND,
      dataDir,
      url,
      env: kumaEnvironment(env, kuma.ownFile, instanceName),
      limits: {
        stopGrace: settings.REPLICATOR_STOP_GRACE,
        startLimit: settings.REPLICATOR_START_LIMIT,
        restartLimit: settings.REPLICATOR_RESTART_LIMIT,
        restartPause: settings.REPLICATOR_RESTART_PAUSE,
      },
      user: chooseUser(settings, dir),
    },
    restic: { env: resticEnvironment(env, stateDir) },
    createRepository: settings.REPLICATOR_INIT,
    takeover: settings.REPLICATOR_TAKEOVER,
    keep: settings.REPLICATOR_KEEP,
    proofWindow: settings.REPLICATOR_PROOF_WINDOW,
    intervals: { primary: settings.BACKUP_INTERVAL, replica: settings.RESTORE_INTERVAL },
    ntfy,
    notify: { level: settings.REPLICATOR_NOTIFY, clickUrl: settings.REPLICATOR_CLICK_URL },
    wake: settings.REPLICATOR_WAKE === "ntfy" ? ntfy : undefined,
    pingUrl: settings.REPLICATOR_PING_URL,
    http,
    log: { level: settings.LOG_LEVEL, format: settings.LOG_FORMAT },
    warnings: [...warnings, ...warnOfUnknown(env)],
    secrets,
  };
}

function withoutUndefined(env: NodeJS.ProcessEnv): Environment {
  return Object.fromEntries(Object.entries(env).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])));
}

function explain(issue: z.core.$ZodIssue): Problem {
  const advice = issue.code === "custom" ? issue.params?.advice : undefined;
  return {
    code: "setting-invalid",
    message: `${issue.path.join(".")} ${issue.message}.`,
    advice: typeof advice === "string" ? advice : "Correct it.",
  };
}
