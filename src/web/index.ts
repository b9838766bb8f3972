import type { Config } from "../config/index.ts";
import type { Observer } from "../observed/index.ts";
import type { Peers } from "../peers/index.ts";
import type { WebServer } from "./server.ts";
import type { SnapshotSource } from "./snapshot-source.ts";

/**
 * Page, metrics and health, read-only, made from what is observed, and the door for other instances; where no address
 * is set, nothing at all. Loaded only where it is wanted: it costs every instance some megabytes, and a part of its
 * start.
 */
export async function openWebServer(
  config: Pick<Config, "http" | "secrets" | "kuma" | "notify">,
  observer: Observer,
  snapshots: SnapshotSource,
  peers?: Peers,
): Promise<WebServer> {
  if (config.http === undefined) return { listener: () => {}, start: () => {} };
  const [{ createWebServer }, { limitSnapshotSource }] = await Promise.all([
    import("./server.ts"),
    import("./snapshot-source.ts"),
  ]);
  return createWebServer(config.http, config, {
    observer,
    peers,
    snapshots: limitSnapshotSource(snapshots),
  });
}

export type { WebServer } from "./server.ts";
export type { SnapshotSource } from "./snapshot-source.ts";
