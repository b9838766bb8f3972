export { lockStateDir } from "./lock.ts";
export { createReplicator, type Replicator } from "./replicator.ts";
