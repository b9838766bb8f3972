import type { Environment } from "./environment.ts";
import type { Lenient } from "./mistake.ts";
import type { Notices } from "./ntfy.ts";
import type { NtfyConfig } from "./types.ts";

/**
 * The topic by which replicas are woken. A replica that is to be woken through ntfy needs one to listen to, and a
 * primary one to tell.
 */
export function readWake(
  isWanted: boolean,
  { ntfy, webhook }: Pick<Notices, "ntfy" | "webhook">,
  env: Environment,
): Lenient<NtfyConfig | undefined> {
  if (!isWanted) return { value: undefined, mistakes: [] };
  // An address that is wrong was told of as such.
  if (ntfy !== undefined || (webhook === undefined && env.NTFY_URL?.trim()))
    return { value: ntfy, mistakes: [] };
  const why = webhook === undefined ? "is not set" : "names no ntfy topic";
  return {
    value: undefined,
    mistakes: [
      {
        code: "setting-invalid",
        message: `REPLICATOR_WAKE is ntfy, but NTFY_URL ${why}.`,
        instead: "No replica is woken; each looks at its interval.",
        advice: "Set NTFY_URL, on all instances to the same topic, or leave REPLICATOR_WAKE unset.",
      },
    ],
  };
}
