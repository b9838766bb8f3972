export { blockedBy, createBlocked } from "./blocked.ts";
export { fetchSnapshot } from "./fetch.ts";
export { chooseLatest } from "./latest.ts";
export { isSameSnapshot } from "./lineage.ts";
export { lockStateDir } from "./lock.ts";
export { createReplicator, type Replicator } from "./replicator.ts";
export { IS_REPLICA, type Steering } from "./steer.ts";
