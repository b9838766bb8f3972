import type { Role } from "../../config/index.ts";
import type { KumaDatabase } from "../../database/index.ts";
import type { Listener } from "../../events/index.ts";
import type { Result } from "../../result.ts";
import { peekState, type StateFile } from "./state-file.ts";

/** The role at work. */
export interface RoleSwitch {
  readonly current: Role;
  /** When a command gave it, milliseconds since 1970; undefined when it is the environment's. */
  readonly givenAt: number | undefined;
  /** The state folder was lost: nobody knows whether a command had given another role. */
  readonly isLost: boolean;
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
    get isLost() {
      return stateFile.state.roleLost === true;
    },
    change: (role) =>
      stateFile.update({
        roleLost: undefined,
        role: role === environment ? undefined : { given: role, environment, at: Date.now() },
      }),
  };
}

/** The role of the instance beside which this process is a command. */
export function peekRole(environment: Role, stateDir: string): Role {
  const role = peekState(stateDir)?.role;
  return role?.environment === environment ? role.given : environment;
}

/**
 * For a state file that was begun at this start: where Kuma's database has the record of an apply, this instance is not
 * new, but has lost its state, and with it the role that a command may have given. Notes and reports that, once.
 */
export async function detectLostRole(
  instance: { readonly database: Pick<KumaDatabase, "lastApply">; readonly stateFile: StateFile },
  role: Role,
  emit: Listener,
): Promise<void> {
  const last = await instance.database.lastApply();
  if (!last.ok || last.value === undefined) return;
  instance.stateFile.update({ roleLost: true });
  const isNow = `This instance has lost its state folder (a snapshot was applied here, but state.json is new), and with it the role, if a command had given one. It is ${role === "primary" ? "the primary" : "a replica"} now, as REPLICATOR_MODE says.`;
  emit({ type: "warning", message: `${isNow} ${ADVICE[role]}` });
}

const ADVICE: Readonly<Record<Role, string>> = {
  replica: "If it was promoted before: `replicator-kuma promote`, or nobody publishes.",
  primary: "If it was demoted before: `replicator-kuma demote`, or there are two primaries.",
};
