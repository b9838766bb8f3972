export type { Answer, Channel } from "./channel.ts";
export { createSupervisor, type End, type Supervisor } from "./supervisor.ts";
export { readKumaVersion } from "./version.ts";
export type { Beat, Watch } from "./watch.ts";
