import type { Config, Role } from "../config/index.ts";
import type { Rules } from "../database/index.ts";

/** What is an instance's own in a role. */
export function rulesOf(
  { accounts, local, ownValues, push }: Pick<Config, "accounts" | "local" | "ownValues" | "push">,
  role: Role,
): Rules {
  if (role === "primary") return { accounts };
  return { accounts, keepsLocal: local, keepsValues: ownValues, pausesPush: push === "primary" };
}
