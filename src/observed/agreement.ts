import type { Config } from "../config/index.ts";
import type { ReplicatorEvent } from "../events/index.ts";
import { addSpan, type Span } from "./spans.ts";

/** A snapshot that this process has seen in the repository, or published. */
interface SeenSnapshot {
  readonly id: string;
  readonly instanceName: string;
  readonly time: number;
}

/** Whether what is here is what the repository's latest snapshot holds. Times are milliseconds since 1970. */
export interface Agreement {
  /** When the repository was last checked. */
  readonly checkedAt: number | undefined;
  /** Since when this instance has differed from the latest snapshot; undefined when it agrees, or nothing is known. */
  readonly behindSince: number | undefined;
  readonly spans: readonly Span<"unknown" | "agrees" | "behind">[];
  /** In the order in which they were the latest, the latest last. */
  readonly snapshots: readonly SeenSnapshot[];
}

const MOST_SNAPSHOTS = 200;

export function newAgreement(now: number): Agreement {
  return {
    checkedAt: undefined,
    behindSince: undefined,
    spans: [{ from: now, state: "unknown" }],
    snapshots: [],
  };
}

/** The agreement after an event, or the same one when the event says nothing of it. */
export function nextAgreement(
  agreement: Agreement,
  event: ReplicatorEvent,
  role: Config["role"],
  now: number,
): Agreement {
  const { checkedAt, behindSince } = agreement;
  switch (event.type) {
    case "repository-checked": {
      const seen = addSnapshot(agreement, event.latest);
      return event.agrees ? agree(seen, now, now) : differ(seen, event.latest.time, role, now);
    }
    case "published":
      return agree(addSnapshot(agreement, { ...event.snapshot, time: now }), now, now);
    case "applied":
    case "nothing-published-yet":
      return agree(agreement, now, now);
    case "unchanged":
      // A primary that has nothing to publish does not check; a replica leaves a refused snapshot alone.
      return behindSince === undefined ? agree(agreement, checkedAt ?? now, now) : agreement;
    case "cycle-failed":
      return behindSince === undefined
        ? { ...agreement, spans: addSpan(agreement.spans, "unknown", now) }
        : agreement;
    default:
      return agreement;
  }
}

function agree(agreement: Agreement, checkedAt: number, now: number): Agreement {
  return { ...agreement, checkedAt, behindSince: undefined, spans: addSpan(agreement.spans, "agrees", now) };
}

function differ(agreement: Agreement, publishedAt: number, role: Config["role"], now: number): Agreement {
  // A replica has been behind since the other published; when a primary's own change was made, nobody knows.
  const begin = role === "replica" ? Math.min(publishedAt, now) : now;
  const behindSince = agreement.behindSince ?? begin;
  return {
    ...agreement,
    checkedAt: now,
    behindSince,
    spans: addSpan(agreement.spans, "behind", behindSince),
  };
}

function addSnapshot(agreement: Agreement, { id, instanceName, time }: SeenSnapshot): Agreement {
  const { snapshots } = agreement;
  // restic 0.14 gives the id of a snapshot that it has just stored in its short form of 8 digits only.
  const isThis = (known: SeenSnapshot) => known.id.slice(0, 8) === id.slice(0, 8);
  const known = snapshots.find(isThis) ?? { id, instanceName, time };
  if (known === snapshots.at(-1)) return agreement;
  // One that was there before may be the latest again: a later one was forgotten, or the repository put back.
  const others = snapshots.filter((other) => other !== known);
  return { ...agreement, snapshots: [...others, known].slice(-MOST_SNAPSHOTS) };
}
