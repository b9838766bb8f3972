import type { Config, Role } from "../config/index.ts";
import type { Rules } from "../database/index.ts";

/** What is an instance's own in a role. */
export function rulesOf(
  { accounts, ownValues, push }: Pick<Config, "accounts" | "ownValues" | "push">,
  role: Role,
): Rules {
  const isReplica = role === "replica";
  return { accounts, keepsValues: isReplica && ownValues, pausesPush: isReplica && push === "primary" };
}
