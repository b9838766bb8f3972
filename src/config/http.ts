import { failure, type Result } from "../result.ts";
import type { Environment } from "./environment.ts";
import { readFileOf } from "./files.ts";
import type { Lenient, SettingProblem } from "./mistake.ts";
import type { HttpConfig, ListenAddress } from "./types.ts";

/**
 * The page's settings, with the user and password of REPLICATOR_HTTP_AUTH_FILE where that is set. Where something is
 * wrong there is no page: one without the password that was asked for would be worse.
 * @param kumaUrl Kuma's own address: taking its port would keep it from ever starting
 * @returns undefined when there is to be no page
 */
export function readHttp(
  address: ListenAddress | undefined,
  kumaUrl: string | undefined,
  env: Environment,
  cwd: string,
): Lenient<HttpConfig | undefined> {
  if (address === undefined) return { value: undefined, mistakes: [] };
  if (kumaUrl !== undefined && new URL(kumaUrl).port === String(address.port))
    return noPage({
      code: "setting-invalid",
      message: `REPLICATOR_HTTP names port ${address.port}, which is Uptime Kuma's.`,
      advice: "Choose another port, such as 127.0.0.1:3080.",
    });
  if (!env.REPLICATOR_HTTP_AUTH_FILE) return { value: { ...address, credentials: undefined }, mistakes: [] };
  const credentials = readCredentials(env, cwd);
  if (!credentials.ok) return noPage(credentials.problem);
  return { value: { ...address, credentials: credentials.value }, mistakes: [] };
}

function readCredentials(env: Environment, cwd: string): Result<string, SettingProblem> {
  const read = readFileOf("REPLICATOR_HTTP_AUTH_FILE", env, cwd);
  if (!read.ok || /^[^:\p{Cc}]+:\P{Cc}+$/u.test(read.value)) return read;
  return failure({
    code: "setting-invalid",
    message: "The file that REPLICATOR_HTTP_AUTH_FILE names does not hold one line user:password.",
    advice: "Write one user and one password into it, with a colon in between.",
  });
}

function noPage(problem: SettingProblem): Lenient<undefined> {
  return { value: undefined, mistakes: [{ ...problem, instead: "There is no page." }] };
}
