export { IS_PRIMARY, NOTHING_TO_ADOPT } from "./adopt.ts";
export { fetchSnapshot } from "./fetch.ts";
export { listUnknown, meet, notAdopted } from "./first-contact.ts";
export { chooseLatest } from "./latest.ts";
export { isSameSnapshot } from "./lineage.ts";
export { lockStateDir } from "./lock.ts";
export { createReplicator, type Replicator } from "./replicator.ts";
export { IS_REPLICA, type Steering } from "./steer.ts";
export { NOTHING_TO_UNDO } from "./undo-by-hand.ts";
