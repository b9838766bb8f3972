export { createSupervisor, type End, type KumaState, type Supervisor } from "./supervisor.ts";
export { readKumaVersion } from "./version.ts";
