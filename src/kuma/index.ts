export type { Answer, Channel } from "./channel.ts";
export { createSupervisor, type End, type Supervisor } from "./supervisor.ts";
export { readKumaVersion } from "./version.ts";
export type { Beat, Question, Replay, ReplayResult, Verdict, Watch } from "./watch.ts";
