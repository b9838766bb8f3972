import type { Config, Role } from "../config/index.ts";
import type { OwnCounts, ReplicatorEvent } from "../events/index.ts";
import type { ChangeCounts, NamedChanges } from "../snapshot/index.ts";
import { type Agreement, newAgreement, nextAgreement } from "./agreement.ts";
import { NO_CYCLE, nextCycle, type ObservedCycle } from "./cycle.ts";
import { newKuma, nextKuma, type ObservedKuma } from "./kuma.ts";
import { nextProblems, type ObservedProblems } from "./problems.ts";
import { nextTimeline, type TimelineEntry } from "./timeline.ts";
import { newUptime, nextUptime, type Uptime } from "./uptime.ts";

/** What a publish or an apply changed; undefined: everything, for there was no snapshot before. */
interface SnapshotChanges {
  readonly snapshotId: string;
  readonly changes: ChangeCounts | undefined;
  readonly named?: NamedChanges;
}

/**
 * All that this process has seen since its start, in memory alone: status file, control socket, page and metrics are
 * made from it. Times are milliseconds since 1970.
 */
export interface ObservedState {
  readonly startedAt: number;
  readonly instanceName: string;
  readonly kumaVersion: string;
  /** The role at work, and the milliseconds between two cycles in it. */
  readonly role: Role;
  readonly interval: number;
  readonly kuma: ObservedKuma;
  readonly uptime: Uptime;
  readonly cycle: ObservedCycle;
  readonly problems: ObservedProblems;
  readonly agreement: Agreement;
  /** Of the last publishes and applies, oldest first. */
  readonly changes: readonly SnapshotChanges[];
  readonly timeline: readonly TimelineEntry[];
  /** What is this instance's own; undefined: nothing was ever. */
  readonly own?: OwnCounts;
}

const MOST_CHANGES = 20;

export function initialState(
  {
    role,
    intervals,
    instanceName,
    kuma,
  }: Pick<Config, "role" | "intervals" | "instanceName"> & {
    readonly kuma: { readonly limits: Parameters<typeof newKuma>[0] };
  },
  now: number,
): ObservedState {
  return {
    startedAt: now,
    instanceName,
    kumaVersion: "",
    role,
    interval: intervals[role],
    kuma: newKuma(kuma.limits, now),
    uptime: newUptime(now),
    cycle: NO_CYCLE,
    problems: [],
    agreement: newAgreement(now),
    changes: [],
    timeline: [],
  };
}

/**
 * The state after an event.
 * @param now milliseconds since 1970
 */
export function nextState(before: ObservedState, event: ReplicatorEvent, now: number): ObservedState {
  const state: ObservedState = {
    ...before,
    kuma: nextKuma(before.kuma, event, now),
    uptime: nextUptime(before.uptime, event, now),
    cycle: nextCycle(before.cycle, event, now),
    problems: nextProblems(before.problems, event, now),
    agreement: nextAgreement(before.agreement, event, before.role, now),
    timeline: nextTimeline(before.timeline, event, now),
  };
  switch (event.type) {
    case "started":
      return { ...state, kumaVersion: event.kumaVersion };
    case "role-changed":
      return { ...state, role: event.role, interval: event.interval };
    case "published":
    case "applied": {
      const { snapshot, changes, named } = event;
      const others = state.changes.filter(({ snapshotId }) => snapshotId !== snapshot.id);
      return {
        ...state,
        changes: [...others, { snapshotId: snapshot.id, changes, ...(named && { named }) }].slice(
          -MOST_CHANGES,
        ),
      };
    }
    case "own-counted":
      return { ...state, own: event.own };
    default:
      return state;
  }
}
