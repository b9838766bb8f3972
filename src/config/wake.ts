import { failure, type Result, success } from "../result.ts";
import type { Environment } from "./environment.ts";

/** A replica that is to be woken through ntfy needs a topic to listen to, and a primary one to tell. */
export function checkWake(env: Environment): Result<void> {
  const isWanted = env.REPLICATOR_WAKE?.trim().toLowerCase() === "ntfy";
  if (!isWanted || env.NTFY_URL?.trim()) return success(undefined);
  return failure({
    code: "setting-invalid",
    message: "REPLICATOR_WAKE is ntfy, but NTFY_URL is not set.",
    advice: "Set NTFY_URL, on all instances to the same topic, or leave REPLICATOR_WAKE unset.",
  });
}
