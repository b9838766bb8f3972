import type { Config } from "../config/index.ts";
import type { Observer } from "../observed/index.ts";
import type { Peers } from "../peers/index.ts";
import type { WebServer } from "./server.ts";

/**
 * Page, metrics and health, read-only, made from what is observed, and the door for other instances; where no address is set, nothing at all. Loaded only
 * where it is wanted: it costs every instance some megabytes, and a part of its start.
 */
export async function openWebServer(
  config: Pick<Config, "http" | "secrets" | "kuma" | "notify">,
  observer: Observer,
  peers?: Peers,
): Promise<WebServer> {
  if (config.http === undefined) return { listener: () => {}, start: () => {} };
  const { createWebServer } = await import("./server.ts");
  return createWebServer(config.http, config, { observer, peers });
}

export type { WebServer } from "./server.ts";
