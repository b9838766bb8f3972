export { loadConfig } from "./load.ts";
export { redact, secretsOf } from "./secrets.ts";
export type {
  Config,
  HttpConfig,
  KumaConfig,
  KumaLimits,
  NotifyLevel,
  NtfyConfig,
  ProxyConfig,
  ResticConfig,
  Role,
  WebhookConfig,
} from "./types.ts";
