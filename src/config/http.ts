import { failure, type Result, success } from "../result.ts";
import type { Environment } from "./environment.ts";
import { readFileOf } from "./files.ts";
import type { HttpConfig, ListenAddress } from "./types.ts";

/**
 * The page's settings, with the user and password of REPLICATOR_HTTP_AUTH_FILE where that is set.
 * @param kumaUrl Kuma's own address: taking its port would keep it from ever starting
 * @returns undefined when there is to be no page
 */
export function readHttp(
  address: ListenAddress | undefined,
  kumaUrl: string | undefined,
  env: Environment,
  cwd: string,
): Result<HttpConfig | undefined> {
  if (address === undefined) return success(undefined);
  if (kumaUrl !== undefined && new URL(kumaUrl).port === String(address.port))
    return failure({
      code: "setting-invalid",
      message: `REPLICATOR_HTTP names port ${address.port}, which is Uptime Kuma's.`,
      advice: "Choose another port, such as 127.0.0.1:3080.",
    });
  if (!env.REPLICATOR_HTTP_AUTH_FILE) return success({ ...address, credentials: undefined });
  const read = readFileOf("REPLICATOR_HTTP_AUTH_FILE", env, cwd);
  if (!read.ok) return read;
  if (/^[^:\p{Cc}]+:\P{Cc}+$/u.test(read.value)) return success({ ...address, credentials: read.value });
  return failure({
    code: "setting-invalid",
    message: "The file that REPLICATOR_HTTP_AUTH_FILE names does not hold one line user:password.",
    advice: "Write one user and one password into it, with a colon in between.",
  });
}
