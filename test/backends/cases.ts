import { assertInvariant } from "../support/invariant.ts";
import type { Env, Mistake, OpenBackend } from "./backend.ts";
import type { Stage } from "./stage.ts";

/** One thing that must hold at a backend. */
export interface Case {
  readonly name: string;
  /** Throws when it does not hold; gives what was seen, for the table. */
  run(stage: Stage): Promise<string>;
}

/** All that is tried at a backend, on one primary and one replica. */
export interface Cases {
  /** Comes before the others of the pair. */
  readonly first: Case;
  /** Each on an instance of its own, so they need not wait for anything. */
  readonly mistakes: readonly Case[];
  /** In this order. */
  readonly more: readonly Case[];
  /** What the short form leaves out. */
  readonly long: readonly Case[];
}

export function casesOf({ mistakes, requests, appendOnly }: OpenBackend): Cases {
  return {
    first: converges,
    mistakes: mistakes.map(isTold),
    more: [isAwayAndBack, mayOnlyRead],
    long: [
      thinsOut,
      ...(appendOnly === undefined ? [] : [isAppendOnly(appendOnly)]),
      ...(requests === undefined ? [] : [countsRequests(requests)]),
    ],
  };
}

const converges: Case = {
  name: "a primary makes the repository and publishes; a replica that may only read follows",
  run: async (stage) => {
    await stage.begin();
    const begun = performance.now();
    stage.edit();
    await stage.publish();
    await stage.follow();
    return `an edit took ${seconds(performance.now() - begun)}`;
  },
};

const countsRequests = (requests: () => number): Case => ({
  name: "requests: idle replica, idle primary, a publish, an apply",
  run: async (stage) => {
    const count = async (work: () => Promise<unknown>) => {
      const before = requests();
      await work();
      return requests() - before;
    };
    const idleReplica = await count(() => stage.replica.cycle());
    const idlePrimary = await count(() => stage.primary.cycle());
    stage.edit();
    const publish = await count(() => stage.primary.cycle());
    const apply = await count(() => stage.replica.cycle());
    assertInvariant(idlePrimary === 0, `an idle primary makes ${idlePrimary} requests`);
    return [idleReplica, idlePrimary, publish, apply].join(", ");
  },
});

const isTold = ({ name, mode, env, says }: Mistake): Case => ({
  name: `is told: ${name}`,
  run: async (stage) => {
    const instance = await stage.openOther(name.replaceAll(" ", "-"), mode, env);
    // A primary asks for nothing before it has a Kuma of which to publish, which takes its time to start.
    if (mode === "BACKUP") await instance.untilLogged("cycle-started");
    const took = await stage.told(instance, says, "at its start");
    // The monitoring goes on all the same.
    await instance.untilLogged("kuma-ready");
    await instance.kill();
    return `after ${seconds(took)}`;
  },
});

const isAwayAndBack: Case = {
  name: "is away and back: told by both, and what was edited meanwhile arrives",
  run: async (stage) => {
    const { backend, primary, replica } = stage;
    stage.edit();
    await backend.away();
    const told = await tellBoth().finally(() => backend.back());
    await stage.publish();
    await stage.follow();
    return `told after ${told.map(seconds).join(" and ")}`;

    async function tellBoth(): Promise<number[]> {
      const ofPrimary = await stage.told(primary, backend.whenAway, "when woken");
      return [ofPrimary, await stage.told(replica, backend.whenAway, "when woken")];
    }
  },
};

const mayOnlyRead: Case = {
  name: "is told: a primary with credentials that may only read",
  run: async (stage) => {
    const { backend } = stage;
    await stage.restartPrimary(backend.readOnly);
    stage.edit();
    const took = await stage.told(stage.primary, backend.whenReadOnly, "when woken");
    return `after ${seconds(took)}`;
  },
};

const thinsOut: Case = {
  name: "old snapshots are forgotten and their data removed; the replica follows on",
  run: async (stage) => {
    const env = { ...stage.backend.full, REPLICATOR_KEEP: "--keep-last 1 --prune" };
    const { event, took } = await thinOut(stage, env, "snapshots-forgotten");
    return `${event.forgotten} after ${seconds(took)}`;
  },
};

const isAppendOnly = (env: Env): Case => ({
  name: "append-only: publishes and applies go on, and what cannot be forgotten is told",
  run: async (stage) => {
    const keep = { ...env, REPLICATOR_KEEP: "--keep-last 1" };
    const { event, took } = await thinOut(stage, keep, "retention-failed");
    const { code, message } = event.problem;
    assertInvariant(code === "repository-append-only", `said: ${message}`);
    return `told after ${seconds(took)}`;
  },
});

/**
 * Starts the primary again, which thins out after its first cycle, and goes on from there. Gives what thinning out came
 * to, after how many milliseconds.
 */
async function thinOut<T extends "snapshots-forgotten" | "retention-failed">(
  stage: Stage,
  env: Env,
  type: T,
) {
  await stage.restartPrimary(env);
  const begun = performance.now();
  const event = await stage.primary.untilLogged(type, { timeout: stage.soon });
  const took = performance.now() - begun;
  stage.edit();
  await stage.publish();
  await stage.follow();
  return { event, took };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
