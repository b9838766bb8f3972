export { type LoadedConfig, loadConfig } from "./load.ts";
export { redact, secretsOf } from "./secrets.ts";
export type { Config, KumaConfig, KumaLimits, NtfyConfig, ResticConfig, Role } from "./types.ts";
