export { loadConfig } from "./load.ts";
export { isPrivateHost } from "./ntfy-url.ts";
export { readProxy } from "./proxy.ts";
export { redact } from "./redact.ts";
export { secretsOf } from "./secrets.ts";
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
