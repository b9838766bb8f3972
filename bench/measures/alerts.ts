import { setTimeout as sleep } from "node:timers/promises";
import { type AlertFleet, openAlertFleet } from "../../test/support/alert-fleet.ts";
import { openLoopback } from "../../test/support/alert-net.ts";
import { copyPatchedKuma, type PatchedKuma } from "../../test/support/kuma/patched-kuma.ts";
import { usageOf } from "../../test/support/processes.ts";
import { waitFor } from "../../test/support/wait.ts";
import type { Figure, Measure } from "../figure.ts";
import { type Spread, spread } from "../stats.ts";

/** The first is what the others are held against: there nobody is asked before a message. */
const MODES = ["each", "annotate", "once", "quorum"] as const;
const NAMES = ["fra", "nyc", "sgp"];
const OUTAGES = 10;
const IDLE_MINUTES = 2;
const MINUTE = 60_000;
const MEGABYTE = 1_000_000;

interface Cost {
  /** Of an instance in a minute. */
  readonly requests: number;
  readonly kilobytes: number;
  /** Of a supervisor. */
  readonly megabytes: Spread;
  /** Percent of a core. */
  readonly cpu: Spread;
  /** From the check that was needed for it to the provider, milliseconds. */
  readonly messages: Spread;
}

/** What it costs that three real Uptime Kumas know of one another, by REPLICATOR_ALERT. */
export const alerts: Measure = {
  name: "alerts of several instances",
  measure: async () => {
    const kuma = await copyPatchedKuma();
    try {
      const costs = new Map<string, Cost>();
      for (const mode of MODES) costs.set(mode, await measureMode(kuma, mode));
      return MODES.flatMap((mode) => figuresOf(mode, costs));
    } finally {
      kuma.remove();
    }
  },
};

async function measureMode(kuma: PatchedKuma, mode: string): Promise<Cost> {
  const places = await openLoopback();
  const env = { REPLICATOR_ALERT: mode, MALLOC_ARENA_MAX: "1" };
  const fleet = await openAlertFleet({ kuma, names: NAMES, env, places: async () => places });
  try {
    await sleep(MINUTE / 2);
    const before = { ...places.traffic, usage: usages(fleet) };
    await sleep(IDLE_MINUTES * MINUTE);
    const { requests, bytes } = places.traffic;
    const used = usages(fleet);
    const perMinute = 1 / (NAMES.length * IDLE_MINUTES);
    const messages: number[] = [];
    // The first loads what later ones find.
    for (let outage = 0; outage <= OUTAGES; outage += 1) messages.push(await timeOutage(fleet, mode));
    return {
      requests: (requests - before.requests) * perMinute,
      kilobytes: ((bytes - before.bytes) / 1_000) * perMinute,
      megabytes: spread(used.map(({ resident }) => resident / MEGABYTE)),
      cpu: spread(
        used.map(({ cpu }, index) => {
          const spent = cpu - (before.usage[index]?.cpu ?? 0);
          return (spent / (IDLE_MINUTES * MINUTE)) * 100;
        }),
      ),
      messages: spread(messages.slice(1)),
    };
  } finally {
    await fleet.close();
  }
}

function usages({ members }: AlertFleet) {
  return members.map(({ instance }) => usageOf(instance.pid));
}

/** All see it. With a quorum of two the second that does is needed, else the first. */
async function timeOutage(fleet: AlertFleet, mode: string): Promise<number> {
  const { members, rung } = fleet;
  const from = rung.length;
  const begun = performance.now();
  for (const member of members) member.reaches = false;
  const { at } = await fleet.untilRung(/Down/, from);
  const failures = NAMES.flatMap((name) => fleet.failures(name).find((each) => each >= begun) ?? []);
  const needed = failures.sort((a, b) => a - b)[mode === "quorum" ? 1 : 0] ?? Number.NaN;
  // Not in the middle of a check: all have it down, and then up.
  await sleep(3_000);
  const downs = rung.length;
  for (const member of members) member.reaches = true;
  const ups = mode === "once" || mode === "quorum" ? 1 : NAMES.length;
  const isOver = () => rung.slice(downs).filter(({ msg }) => msg.includes("Up]")).length >= ups || undefined;
  await waitFor("the recovery", isOver, { every: 20 });
  await fleet.untilAllUp();
  return at - needed;
}

function figuresOf(mode: string, costs: ReadonlyMap<string, Cost>): Figure[] {
  const [reference] = MODES;
  const [ours, theirs] = [costs.get(mode), costs.get(reference)];
  if (ours === undefined || theirs === undefined) return [];
  const about = (what: string, unit: string, of: (cost: Cost) => Spread): Figure => ({
    ...{ name: `three instances, ${mode}: ${what}`, unit, ours: of(ours), goal: "–", reached: undefined },
    ...(mode === reference ? {} : { reference: { name: reference, values: of(theirs) } }),
  });
  const one = (value: number): Spread => spread([value]);
  return [
    about("a message, from the check to the provider", "ms", ({ messages }) => messages),
    about("idle, of each as the one that asks", "requests a minute", ({ requests }) => one(requests)),
    about("idle, of each as the one that asks, in and out", "kB a minute", ({ kilobytes }) => one(kilobytes)),
    about("memory of a supervisor", "MB", ({ megabytes }) => megabytes),
    about("CPU of a supervisor", "% of a core", ({ cpu }) => cpu),
  ];
}
