export { createSupervisor, type End, type Supervisor } from "./supervisor.ts";
export { readKumaVersion } from "./version.ts";
