import { widthOf } from "../../src/alerts/decide.ts";
import type { AlertRules } from "../../src/alerts/index.ts";
import { createInstance, type Instance, type Rung, settlesOf, type Timing } from "./instance.ts";
import { createNetwork } from "./network.ts";
import { createWorld, type World } from "./world.ts";

const S = 1_000;
const MIN = 60 * S;

/** What goes wrong in a run. */
export interface Faults {
  /** Instances have no way to one another. */
  readonly cut: boolean;
  readonly loss: number;
  /** Of a message, one way, at most. */
  readonly latency: number;
  /** At each step of a message. */
  readonly death: number;
  readonly refusal: number;
  readonly lie: number;
  /** What a provider takes, at most. */
  readonly slow: number;
  readonly freezes: boolean;
  readonly restarts: boolean;
}

const CALM: Faults = {
  ...{ cut: false, loss: 0, latency: 200, death: 0, refusal: 0, lie: 0, slow: 3 * S },
  ...{ freezes: false, restarts: false },
};

/** A run: who watches what, and what happens. */
export interface Scenario {
  readonly names: readonly string[];
  readonly rules: (name: string) => AlertRules;
  readonly timing: (name: string) => Timing;
  readonly notifications: readonly string[];
  /** When the target cannot be reached from there. */
  readonly outages: (name: string) => readonly (readonly [number, number])[];
  readonly faults: Faults;
  /** Faults happen until then; from then on all is well. */
  readonly faultsUntil: number;
  readonly cuts: readonly {
    readonly from: number;
    readonly until: number;
    readonly apart: readonly string[];
  }[];
  /** Whom each calls; all others hear of it by that. */
  readonly calls: (from: string, to: string) => boolean;
  /** The outages are over, but for what is down for ever. */
  readonly wellFrom: number;
  readonly end: number;
}

/** The scenario of a seed: mostly calm, else some faults at a time. */
export function scenarioOf(seed: number): Scenario {
  const world = createWorld(seed);
  const { between, chance, pick } = world;
  const names = ["a", "b", "c", "d", "e"].slice(0, pick([2, 2, 3, 3, 3, 3, 3, 3, 4, 5]));
  const alert = pick(["once", "once", "quorum", "quorum", "mixed"] as const);
  const agree = pick([2, 2, 3, "majority"] as const);
  const rules = new Map(
    names.map((name) => {
      const mode = alert === "mixed" ? pick(["each", "annotate", "once", "quorum"] as const) : alert;
      return [name, { alert: mode, agree, wait: MIN, alone: 4 * MIN }] as const;
    }),
  );
  const common: Timing = {
    ...{ interval: between(20, 60) * S, retryInterval: between(10, 30) * S },
    ...{ retries: pick([0, 0, 1, 2]), resend: chance(0.2) ? pick([3, 10]) : 0 },
  };
  const differs = chance(0.15);
  const timing = new Map(
    names.map((name) => [name, differs ? { ...common, interval: between(20, 90) * S } : common] as const),
  );
  const begin = between(40, 60) * S;
  const kind = pick(["all", "all", "all", "all", "some", "some", "one", "chronic"] as const);
  const chronic = kind === "chronic" ? pick(names) : undefined;
  const late = chronic === undefined ? begin : begin + 7 * MIN;
  const length = pick([40 * S, 2 * MIN, 5 * MIN, 8 * MIN]) * between(0.8, 1.2);
  /** They do not all see it at once. */
  const spread = chance(0.2) ? 4 * MIN : 0;
  const affected = kind === "one" ? [pick(names)] : names.filter(() => kind !== "some" || chance(0.6));
  const outages = new Map(
    names.map((name): readonly [string, readonly (readonly [number, number])[]] => {
      if (name === chronic) return [name, [[0, late + 60 * MIN]]];
      if (!affected.includes(name)) return [name, []];
      return [name, [[late + between(0, spread), late + spread + length]]];
    }),
  );
  const faults: Faults = chance(0.35)
    ? { ...CALM, slow: pick([500, 3 * S, 30 * S]), latency: pick([50, 200, 1_000]) }
    : {
        cut: chance(0.3),
        loss: pick([0, 0, 0.05, 0.2]),
        latency: pick([100, 500, 2_000]),
        death: pick([0, 0, 0.02, 0.1]),
        refusal: pick([0, 0, 0.3, 1]),
        lie: pick([0, 0, 0, 0.2]),
        slow: pick([500, 3 * S, 30 * S]),
        freezes: chance(0.2),
        restarts: chance(0.3),
      };
  const faultsUntil = late + length * pick([0.5, 1, 1.5]);
  const cutAt = late + between(-60, 120) * S;
  const cutFor = pick([30 * S, 3 * MIN, 20 * MIN]);
  const apart = names.filter(() => chance(0.5));
  return {
    ...{ names, notifications: chance(0.3) ? ["n1", "n2"] : ["n1"] },
    rules: (name) => rules.get(name) ?? fail(name),
    timing: (name) => timing.get(name) ?? fail(name),
    outages: (name) => outages.get(name) ?? [],
    ...{ faults, faultsUntil },
    cuts: faults.cut ? [{ from: cutAt, until: cutAt + cutFor, apart }] : [],
    calls: pick([() => true, isFirst, isFirst, (_from: string, to: string) => to === "a"]),
    wellFrom: late + spread + length,
    end: Math.max(late + spread + length, faultsUntil, faults.cut ? cutAt + cutFor : 0) + 14 * MIN,
  };
}

/**
 * How many parts of the fleet cannot hear of one another during the cuts, by whatever way.
 * @param away is not there meanwhile
 */
export function partsOf({ names: all, calls, cuts }: Scenario, away?: string): number {
  const names = all.filter((name) => name !== away);
  const parts = new Map(names.map((name) => [name, name]));
  const isApart = (one: string, other: string) =>
    cuts.some(({ apart }) => apart.includes(one) !== apart.includes(other));
  for (const one of names)
    for (const other of names) {
      const [from, to] = [parts.get(one), parts.get(other)];
      if (!calls(one, other) || isApart(one, other) || from === undefined || to === undefined) continue;
      for (const [name, part] of parts) if (part === from) parts.set(name, to);
    }
  return new Set(parts.values()).size;
}

function isFirst(from: string, to: string): boolean {
  return from < to;
}

/** What a run came to. */
export interface Run {
  readonly scenario: Scenario;
  readonly rung: readonly Rung[];
  readonly instances: readonly Instance[];
  readonly widthOf: (name: string) => number;
}

export function run(seed: number, scenario: Scenario): Run {
  const world = createWorld(seed ^ 0x5eed);
  const { faults, faultsUntil, cuts } = scenario;
  const rung: Rung[] = [];
  const isFaulty = () => world.now() > 30 * S && world.now() < faultsUntil;
  const isApart = (one: string, other: string) =>
    cuts.some(
      ({ from, until, apart }) =>
        world.now() >= from && world.now() < until && apart.includes(one) !== apart.includes(other),
    );
  const instances: Instance[] = scenario.names.map((name) =>
    createInstance(
      world,
      {
        ...{ id: name, rules: scenario.rules(name), timing: scenario.timing(name) },
        notifications: scenario.notifications,
        reaches: () =>
          !scenario.outages(name).some(([from, until]) => world.now() >= from && world.now() < until),
        provider: () => ({
          takes: world.between(
            100,
            isFaulty() || faults === CALM ? faults.slow : Math.min(faults.slow, 3 * S),
          ),
          outcome: outcomeOf(world, isFaulty() ? faults : CALM),
        }),
        dies: () =>
          isFaulty() && world.chance(faults.death) ? world.pick(["container", "kuma"] as const) : undefined,
      },
      {
        rung,
        onNews: (end) => network.tell(end),
        onStart: (end) => network.join(end),
        onEnd: (end) => network.leave(end),
        hasCalled: (end) => network.hasCalled(end),
      },
    ),
  );
  const network = createNetwork(world, instances, {
    passes: (from, to) => !isApart(from, to) && !(isFaulty() && world.chance(faults.loss)),
    latency: () => world.between(1, isFaulty() ? faults.latency : Math.min(200, faults.latency)),
    canCall: scenario.calls,
  });
  for (const instance of instances) world.after(world.between(0, 20 * S), instance.start);
  const [begin] = scenario.outages(scenario.names[0] ?? "").map(([from]) => from);
  const middle = Math.min(Math.max(begin ?? 60 * S, 60 * S), scenario.end);
  if (faults.freezes)
    world.after(middle + world.between(-20, 90) * S, () =>
      world.pick(instances).freeze(world.between(3 * S, 40 * S)),
    );
  if (faults.restarts)
    instances.forEach((instance, index) => {
      world.after(middle + world.between(-30, 60) * S + index * 20 * S, () =>
        instance.restart(world.pick(["container", "kuma"])),
      );
    });
  const wellFrom = Math.max(faultsUntil, scenario.wellFrom, ...cuts.map(({ until }) => until));
  world.runUntil(Math.min(scenario.end, wellFrom + MIN));
  // What is just being sent is not withheld, and may be refused.
  for (let quiet = 0; world.now() < scenario.end && quiet < 2; ) {
    world.runUntil(world.now() + 30 * S);
    quiet = instances.some((each) => each.withheld() > 0) ? 0 : quiet + 1;
  }
  return { scenario, rung, instances, widthOf: (name) => widthOf(settlesOf(scenario.timing(name))) };
}

function outcomeOf(world: World, { refusal, lie }: Faults): "accepts" | "refuses" | "lies" {
  if (refusal > 0 && world.chance(refusal)) return "refuses";
  return lie > 0 && world.chance(lie) ? "lies" : "accepts";
}

function fail(name: string): never {
  throw new Error(`no ${name}`);
}
