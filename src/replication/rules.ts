import type { Config, Role } from "../config/index.ts";
import type { Rules } from "../database/index.ts";

/** What is an instance's own in a role. */
export function rulesOf({ push }: Pick<Config, "push">, role: Role): Rules {
  return { pausesPush: role === "replica" && push === "primary" };
}
