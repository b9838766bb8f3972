export { loadConfig } from "./load.ts";
export { redact } from "./redact.ts";
export { secretsOf } from "./secrets.ts";
export type {
  Config,
  HttpConfig,
  KumaConfig,
  KumaLimits,
  NotifyLevel,
  NtfyConfig,
  ResticConfig,
  Role,
} from "./types.ts";
