export { createJsonWebhook } from "./json-webhook.ts";
export { createNtfyNotifier } from "./notifier.ts";
export { createWaker, type Waker } from "./waker.ts";
