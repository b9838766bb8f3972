import type { Problem } from "../result.ts";

/** Of the addresses in REPLICATOR_PEERS. */
export type PeerEvent = PeerReached | PeerLost;

/** Another instance answers there, for the first time or again. */
interface PeerReached {
  readonly type: "peer-reached";
  readonly address: string;
  /** Of the instance. */
  readonly name: string;
}

/** Nobody has answered there for a minute; reported once until somebody does. */
interface PeerLost {
  readonly type: "peer-lost";
  readonly address: string;
  readonly problem: Problem;
}
