import { isIPv6 } from "node:net";
import { join, resolve } from "node:path";
import { failure, type Result, success } from "../result.ts";
import { readDotenv } from "./dotenv.ts";
import type { Environment } from "./environment.ts";
import type { SettingProblem } from "./mistake.ts";
import { splitCommand } from "./values.ts";

const DEFAULT_KUMA_DIR = "/app";
export const DEFAULT_KUMA_COMMAND = "node server/server.js";

/** Kuma's own default (server/config.js). */
const DEFAULT_PORT = 3001;

export interface KumaLocation {
  /** Absolute. */
  readonly dir: string;
  /** Absolute. */
  readonly dataDir: string;
  /** Where we keep what is to be remembered, absolute. */
  readonly stateDir: string;
  /** See `kumaUrl`. */
  readonly url: string;
  /** What the `.env` in Kuma's own folder holds: Kuma reads it by itself (server/server.js, 1.23 to 2.5). */
  readonly ownFile: Environment;
  /** Why that file could not be read, if so: nor can Kuma, which goes on without it. */
  readonly ownFileProblem: SettingProblem | undefined;
}

/**
 * Where Kuma, its data, its address and our own folder are. That they exist is not asked here. Without the schema of
 * all settings, which takes longer to load than a health check should take.
 * @returns a problem when Kuma's port is none
 */
export function locateKuma(env: Environment, cwd: string): Result<KumaLocation, SettingProblem> {
  const dir = resolve(cwd, env.KUMA_DIR?.trim() || DEFAULT_KUMA_DIR);
  // A command that cannot be split is a problem that the schema tells.
  const command = splitCommand(env.KUMA_COMMAND?.trim() || DEFAULT_KUMA_COMMAND) ?? [];
  const read = readDotenv(dir);
  const ownFile = read.ok ? read.value : {};
  const seen = { ...ownFile, ...env };
  const url = kumaUrl(seen, command);
  if (url === undefined)
    return failure({
      code: "setting-invalid",
      message: "UPTIME_KUMA_PORT or PORT names a port that does not exist.",
      advice: "Use a number from 1 to 65535, or leave it unset for 3001.",
    });
  const dataDir = kumaDataDir(seen, command, dir);
  const stateDir = resolve(cwd, env.REPLICATOR_STATE_DIR?.trim() || join(dataDir, "replicator"));
  const ownFileProblem = read.ok ? undefined : read.problem;
  return success({ dir, dataDir, stateDir, url, ownFile, ownFileProblem });
}

/**
 * Kuma's data folder, decided as Kuma decides it (server/database.js, 1.23 to 2.5): DATA_DIR, else the argument
 * --data-dir, else ./data/; relative to its working folder.
 */
function kumaDataDir(env: Environment, command: readonly string[], dir: string): string {
  return resolve(dir, env.DATA_DIR || argument(command, "data-dir") || "data");
}

/**
 * Where Kuma answers, seen from this machine; no trailing slash. Host and port are decided as Kuma decides them
 * (server/config.js, the same from 1.23 to 2.5): argument, UPTIME_KUMA_HOST or _PORT, HOST or PORT, default; the port
 * through parseInt, skipping what is no number; https when both key and certificate are set.
 * @returns undefined when the port is none
 */
export function kumaUrl(env: Environment, command: readonly string[]): string | undefined {
  const ports = [argument(command, "port"), env.UPTIME_KUMA_PORT, env.PORT].map((port) =>
    Number.parseInt(port ?? "", 10),
  );
  const port = ports.find((candidate) => !Number.isNaN(candidate)) ?? DEFAULT_PORT;
  if (port < 1 || port > 65_535) return undefined;
  const host = argument(command, "host") || env.UPTIME_KUMA_HOST || env.HOST || "";
  const key = argument(command, "ssl-key") || env.UPTIME_KUMA_SSL_KEY || env.SSL_KEY;
  const certificate = argument(command, "ssl-cert") || env.UPTIME_KUMA_SSL_CERT || env.SSL_CERT;
  return `${key && certificate ? "https" : "http"}://${reachable(host)}:${port}`;
}

/** Listening on every address includes the loopback, and with no host Kuma listens on IPv4 and IPv6. */
function reachable(host: string): string {
  if (host === "" || host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return isIPv6(host) ? `[${host}]` : host;
}

/** The value of --name=value, as Kuma's args-parser takes it. */
function argument(command: readonly string[], name: string): string | undefined {
  const prefix = `--${name}=`;
  return command.findLast((word) => word.startsWith(prefix))?.slice(prefix.length);
}
