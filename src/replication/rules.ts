import type { Config, Role } from "../config/index.ts";
import type { Rules } from "../database/index.ts";

/** What is an instance's own in a role. */
export function rulesOf({ accounts, push }: Pick<Config, "accounts" | "push">, role: Role): Rules {
  return { accounts, pausesPush: role === "replica" && push === "primary" };
}
