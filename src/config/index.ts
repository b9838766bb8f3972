export { loadConfig } from "./load.ts";
export { isPrivateHost } from "./ntfy-url.ts";
export { readProxy } from "./proxy.ts";
export { redact, redactDeep } from "./redact.ts";
export { secretsOf } from "./secrets.ts";
export type {
  ApplyWay,
  Config,
  HttpConfig,
  KumaConfig,
  KumaLimits,
  NotifyLevel,
  NtfyConfig,
  PeersConfig,
  ProxyConfig,
  ResticConfig,
  Role,
  WebhookConfig,
} from "./types.ts";
