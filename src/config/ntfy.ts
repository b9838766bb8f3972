import { failure, type Result, success } from "../result.ts";
import type { Environment } from "./environment.ts";
import { readFileOf } from "./files.ts";
import type { NtfyConfig } from "./types.ts";

/** The access token of NTFY_TOKEN or NTFY_TOKEN_FILE; undefined when neither is set. */
export function readNtfyToken(env: Environment, cwd: string): Result<string | undefined> {
  const token = env.NTFY_TOKEN?.trim();
  if (token && env.NTFY_TOKEN_FILE)
    return failure({
      code: "setting-invalid",
      message: "NTFY_TOKEN and NTFY_TOKEN_FILE are both set.",
      advice: "Keep one of them.",
    });
  if (env.NTFY_TOKEN_FILE) return readFileOf("NTFY_TOKEN_FILE", env, cwd);
  return success(token || undefined);
}

/** The address with the token, if there is one. A token beside a user and password in the address is a problem. */
export function authorize(
  address: NtfyConfig | undefined,
  token: string | undefined,
): Result<NtfyConfig | undefined> {
  if (address === undefined || token === undefined) return success(address);
  if (address.authorization === undefined) return success({ ...address, authorization: `Bearer ${token}` });
  return failure({
    code: "setting-invalid",
    message: "NTFY_URL holds a user and password, and NTFY_TOKEN is set, too.",
    advice: "Keep one of them.",
  });
}
