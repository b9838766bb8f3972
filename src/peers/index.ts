import type { Config } from "../config/index.ts";
import { createPost } from "../fetch/index.ts";
import type { Observer } from "../observed/index.ts";
import type { Peers } from "./peers.ts";

/**
 * What this instance and others know of one another; where REPLICATOR_PEERS is not set, undefined, and not one request
 * goes out. Loaded only where it is wanted.
 */
export async function openPeers(
  { peers, proxy, instanceName, stateDir }: Pick<Config, "peers" | "proxy" | "instanceName" | "stateDir">,
  observer: Observer,
): Promise<Peers | undefined> {
  if (peers === undefined) return undefined;
  const { createPeers } = await import("./peers.ts");
  return createPeers({ config: { ...peers, instanceName, stateDir }, observer, post: createPost(proxy) });
}

export type { Fleet, FleetMember } from "./fleet.ts";
export { LONGEST_MESSAGE } from "./page.ts";
export type { Peers } from "./peers.ts";
