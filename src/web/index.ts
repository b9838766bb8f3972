import type { Config } from "../config/index.ts";
import type { Observer } from "../observed/index.ts";
import type { WebServer } from "./server.ts";

/**
 * Page, metrics and health, read-only, made from what is observed; where no address is set, nothing at all. Loaded only
 * where it is wanted: it costs every instance some megabytes, and a part of its start.
 */
export async function openWebServer(
  config: Pick<Config, "http" | "secrets" | "kuma" | "notify">,
  observer: Observer,
): Promise<WebServer> {
  if (config.http === undefined) return { listener: () => {}, start: () => {} };
  const { createWebServer } = await import("./server.ts");
  return createWebServer(config.http, config, observer);
}

export type { WebServer } from "./server.ts";
