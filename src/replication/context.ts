import type { Config } from "../config/index.ts";
import type { KumaDatabase } from "../database/index.ts";
import type { Listener } from "../events/index.ts";
import type { Supervisor } from "../kuma/index.ts";
import type { Repository } from "../repository/index.ts";
import type { RoleSwitch } from "./role.ts";
import type { StateFile } from "./state.ts";

/** All that a cycle works with; made once in the composition root. */
export interface Context {
  readonly config: Config;
  readonly kumaVersion: string;
  readonly kuma: Supervisor;
  readonly database: KumaDatabase;
  readonly repository: Repository;
  readonly stateFile: StateFile;
  readonly role: RoleSwitch;
  readonly emit: Listener;
}
