export { loadConfig } from "./load.ts";
export { redact, secretsOf } from "./secrets.ts";
export type { Config, KumaConfig, KumaLimits, NtfyConfig, ResticConfig } from "./types.ts";
