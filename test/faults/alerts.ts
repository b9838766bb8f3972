import { setTimeout as sleep } from "node:timers/promises";
import {
  type AlertFleet,
  type AlertFleetOptions,
  openAlertFleet,
  type Rung,
} from "../support/alert-fleet.ts";
import { assertInvariant } from "../support/invariant.ts";
import { copyPatchedKuma } from "../support/kuma/patched-kuma.ts";
import { startMariadbd } from "../support/mariadbd.ts";
import { freePort } from "../support/ports.ts";
import { childOf } from "../support/processes.ts";
import { waitFor } from "../support/wait.ts";
import type { Fault } from "./fault.ts";

export const ALL = ["fra", "nyc", "sgp"] as const;

/** What goes wrong during an outage, and what must come of it. Each begins and ends with a target that all reach. */
export type AlertCases = Readonly<Record<string, (fleet: AlertFleet) => Promise<void>>>;

/**
 * Three real Uptime Kumas that know of one another, so that a round takes up to a minute.
 * @param about what follows "what instances say of an outage"
 */
export function alertFault({
  about,
  checked,
  cases,
  isOnMariaDb = false,
  ...options
}: {
  readonly about: string;
  readonly checked: string;
  readonly cases: AlertCases;
  readonly isOnMariaDb?: boolean;
} & Pick<AlertFleetOptions, "env" | "places">): Fault {
  const names = Object.keys(cases);
  return {
    ...{ group: 12, name: `what instances say of an outage ${about}`, checked },
    rounds: (asked) => Math.max(asked, names.length),
    roundsPerStage: names.length,
    open: async () => {
      const kuma = await copyPatchedKuma();
      const port = await freePort();
      const mariadb = isOnMariaDb
        ? await startMariadbd(`--port=${port}`, "--bind-address=127.0.0.1")
        : undefined;
      const fleet = await openAlertFleet({
        ...{ kuma, names: ALL, ...options },
        ...(mariadb && { mariadb: { ...mariadb, port } }),
      });
      return {
        round: async (_random, index) => {
          const name = names[index % names.length] ?? "";
          await cases[name]?.(fleet);
          Object.assign(fleet.provider, { does: "take", at: "/", after: 0 });
          await fleet.mend();
          for (const member of fleet.members) member.reaches = true;
          if (index % names.length < names.length - 1) await fleet.untilAllUp();
          return name;
        },
        close: async () => {
          await fleet.close();
          await mariadb?.close();
          kuma.remove();
        },
      };
    },
  };
}

/** Some of the cases that are there. */
export function pick<T extends AlertCases>(from: T, ...names: readonly (keyof T)[]): AlertCases {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
}

/** The process of an instance's Uptime Kuma, while it runs. */
export function kumaOf(fleet: AlertFleet, name: string): number | undefined {
  return childOf(fleet.member(name).instance.pid);
}

/** Kills an instance's supervisor, and does something while its Uptime Kuma goes on; then ends that, too. */
export async function withoutSupervisor(
  fleet: AlertFleet,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  const left = kumaOf(fleet, name);
  const { instance } = fleet.member(name);
  process.kill(instance.pid, "SIGKILL");
  await instance.exited;
  try {
    await work();
  } finally {
    if (left !== undefined) process.kill(left, "SIGKILL");
  }
}

/** So long nothing more must come, milliseconds: whoever withholds a message looks every two seconds. */
const QUIET = 8_000;

const KINDS = { down: /\[🔴 Down\]/, up: /\[✅ Up\]/ } as const;
type Kind = keyof typeof KINDS;

/** How often a provider may have taken a message, at least and at most. */
type Range = readonly [least: number, most: number];

/** One outage of the target, from its first failed check to the last message about it. */
export interface Outage {
  /** The target fails for these; for all when none is named. */
  fall(...names: string[]): void;
  /** It answers these again; all when none is named. */
  recover(...names: string[]): void;
  /** Waits until the provider has taken a message. @param from a pattern for the name of the instance */
  untilTaken(kind: Kind, from?: string): Promise<Rung>;
  /** Waits until the provider has been handed one, and gives the name of the instance that did. */
  untilHanded(kind: Kind): Promise<string>;
  /** All that the provider has taken. */
  taken(kind: Kind): Rung[];
  /** Waits until nothing more can come, and compares: how often each was taken, and that no Up came before its time. */
  check(down: Range, up: Range): Promise<void>;
}

export function beginOutage(fleet: AlertFleet): Outage {
  const start = fleet.rung.length;
  let recoveredAt = Number.POSITIVE_INFINITY;

  function set(names: readonly string[], reaches: boolean): void {
    for (const name of names.length === 0 ? ALL : names) fleet.member(name).reaches = reaches;
    const isOver = fleet.members.every((member) => member.reaches);
    recoveredAt = isOver ? performance.now() : Number.POSITIVE_INFINITY;
  }

  const since = () => fleet.rung.slice(start);
  const taken = (kind: Kind) =>
    since().filter(({ msg, outcome }) => KINDS[kind].test(msg) && outcome === "taken");
  const shown = () => JSON.stringify(since(), null, 1);

  function assertCount(kind: Kind, [least, most]: Range): void {
    const count = taken(kind).length;
    const wanted = least === most ? `${least}` : `${least} to ${most}`;
    assertInvariant(count >= least && count <= most, `${wanted} ${kind} wanted, there were: ${shown()}`);
  }

  return {
    fall: (...names) => set(names, false),
    recover: (...names) => set(names, true),
    untilTaken: (kind, from = "") =>
      waitFor(
        `${kind} of ${from || "anybody"}`,
        () => taken(kind).find(({ msg }) => new RegExp(`^\\[${from}`).test(msg)),
        { every: 20 },
      ),
    untilHanded: (kind) =>
      waitFor(
        `${kind} on its way`,
        () => /^\[(\w+)\]/.exec(since().find(({ msg }) => KINDS[kind].test(msg))?.msg ?? "")?.[1],
        { every: 20 },
      ),
    taken,
    check: async (down, up) => {
      const wait = (kind: Kind, [least]: Range) =>
        waitFor(`${least} ${kind}`, () => taken(kind).length >= least || undefined, { every: 50 });
      await wait("down", down);
      await wait("up", up);
      let count = -1;
      while (count !== fleet.rung.length) {
        count = fleet.rung.length;
        await sleep(QUIET);
      }
      assertCount("down", down);
      assertCount("up", up);
      const early = taken("up").some(({ at }) => at < recoveredAt);
      assertInvariant(!early, `an Up came before the last recovery: ${shown()}`);
      const [firstDown, firstUp] = [taken("down")[0], taken("up")[0]];
      const isInOrder = firstUp === undefined || (firstDown !== undefined && firstDown.at < firstUp.at);
      assertInvariant(isInOrder, `an Up came without a Down before it: ${shown()}`);
    },
  };
}

/** @throws when a message came after the first `from` */
export function assertNone({ rung }: AlertFleet, from: number): void {
  assertInvariant(
    rung.length === from,
    `nothing was to be told: ${JSON.stringify(rung.slice(from), null, 1)}`,
  );
}

/** An outage that is this old where another one begins is another one; milliseconds, see src/alerts/decide.ts. */
const CHRONIC_AFTER = 5 * 60_000 + QUIET;

/** Makes a place out of reach for sgp for so long that it says nothing of an outage of the others, which ends before it. */
export async function withChronicPlace(
  fleet: AlertFleet,
  work: (outage: Outage) => Promise<void>,
): Promise<void> {
  const outage = beginOutage(fleet);
  outage.fall("sgp");
  await outage.untilTaken("down", "sgp");
  await sleep(CHRONIC_AFTER);
  assertInvariant(outage.taken("down").length === 1, JSON.stringify(outage.taken("down"), null, 1));
  await work(outage);
  outage.recover("fra", "nyc");
  await outage.untilTaken("up", "(fra|nyc)");
  await sleep(QUIET);
  outage.recover();
  await outage.untilTaken("up", "sgp");
  await sleep(QUIET);
  const counts = [outage.taken("down").length, outage.taken("up").length];
  assertInvariant(counts.join() === "2,2", `${counts.join(" Down and ")} Up in place of two each`);
}
