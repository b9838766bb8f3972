import type { Role } from "../../config/index.ts";
import type { Result } from "../../result.ts";
import type { StateFile } from "./state-file.ts";

/** The role at work. */
export interface RoleSwitch {
  readonly current: Role;
  /** When a command gave it, milliseconds since 1970; undefined when it is the environment's. */
  readonly givenAt: number | undefined;
  /** Gives another role, and remembers it: it holds across restarts until the environment asks for something new. */
  change(role: Role): Result<void>;
}

/**
 * The role that the environment asks for, or the one that a command has given since. Once the environment asks for
 * another role than it did then, the environment has the last word again.
 * @param environment what REPLICATOR_MODE asks for at this start
 */
export function openRole(environment: Role, stateFile: StateFile): RoleSwitch {
  if (stateFile.state.role !== undefined && stateFile.state.role.environment !== environment) {
    stateFile.update({ role: undefined });
  }
  return {
    get current() {
      return stateFile.state.role?.given ?? environment;
    },
    get givenAt() {
      return stateFile.state.role?.at;
    },
    change: (role) =>
      stateFile.update({
        role: role === environment ? undefined : { given: role, environment, at: Date.now() },
      }),
  };
}
