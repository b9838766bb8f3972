import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReplicatorEvent } from "../../../src/events/index.ts";
import { type Case, type Check, ofSupervisor, TROUBLE } from "../case.ts";
import { makeFolder } from "../ground.ts";
import type { Instance, InstanceOptions } from "../instance.ts";
import { changeMonitors, readMonitors } from "../monitors.ts";

/** Sends SIGTERM and looks at what is left. */
async function stop(instance: Instance): Promise<void> {
  instance.signal("SIGTERM");
  assert.equal(await instance.ended(), 0);
  assert.deepEqual(instance.family(), [], "nobody is left");
  assert.ok(readMonitors(instance.folder).whole, "the database is whole");
}

/** A start on what the stopped one has left: ready, at work, and nothing to complain about. */
async function startsClean(
  open: Parameters<Check>[0],
  options: InstanceOptions,
  folder: string,
): Promise<void> {
  const next = await open({ ...options, kuma: [] }, folder);
  await next.happened("kuma-ready");
  await next.until("it is at work", () =>
    (["published", "unchanged", "applied"] as const).some((type) => next.events(type) > 0),
  );
  assert.doesNotMatch(next.output(), TROUBLE);
  await stop(next);
}

/** SIGTERM to a primary, in a state that `reach` brings about. */
function whilePrimary(
  state: string,
  options: InstanceOptions,
  reach: (instance: Instance) => Promise<void>,
): Case {
  return ofSupervisor(`SIGTERM while ${state}: no orphan, exit 0, the next start is clean`, async (open) => {
    const folder = makeFolder();
    const outside = { ...options, namespace: false };
    const instance = await open(outside, folder);
    await reach(instance);
    await stop(instance);
    assert.ok(!instance.notes().includes("signal SIGTERM") || precedes(instance, "ready", "signal SIGTERM"));
    await startsClean(open, { ...outside, env: {} }, folder);
  });
}

function precedes(instance: Instance, first: string, second: string): boolean {
  return (
    instance.notes().indexOf(first) !== -1 &&
    instance.notes().indexOf(first) < instance.notes().lastIndexOf(second)
  );
}

/** SIGTERM to a replica, once an apply has come to the given event. */
function whileApplying(state: string, event: ReplicatorEvent["type"], times: number): Case {
  return ofSupervisor(
    `SIGTERM while ${state}: before or after, never between, and it converges`,
    async (open) => {
      const primary = makeFolder();
      const replica = makeFolder();
      const options = {
        kuma: ["--linger", "500", "--start-delay", "500"],
        namespace: false,
        env: {
          REPLICATOR_MODE: "RESTORE",
          REPLICATOR_INSTANCE_NAME: "replica",
          RESTIC_REPOSITORY: `${primary}/data/repository`,
          RESTORE_INTERVAL: "1h",
        },
      };
      await publish(open, primary);
      const instance = await open(options, replica);
      await instance.happened("kuma-ready");
      await instance.until(
        "it is in step",
        () => instance.events("unchanged") + instance.events("applied") > 0,
      );
      const before = readMonitors(replica).names;
      changeMonitors(primary, "UPDATE monitor SET name = 'renamed ' || id");
      await publish(open, primary);
      const seen = instance.events(event);
      instance.signal("SIGUSR1");
      await instance.happened(event, seen + times);
      await stop(instance);
      const after = readMonitors(primary).names;
      assert.ok([before, after].includes(readMonitors(replica).names), "before or after");
      await startsClean(open, options, replica);
      assert.equal(readMonitors(replica).names, after);
    },
  );
}

/** A primary that runs just long enough. */
async function publish(open: Parameters<Check>[0], folder: string): Promise<void> {
  const instance = await open({ namespace: false }, folder);
  await instance.happened("published");
  await stop(instance);
}

function runs(instance: Instance, subcommand: string): Promise<void> {
  return instance.until(`restic ${subcommand} runs`, () =>
    instance.family().some(({ command }) => command[0]?.endsWith("restic") && command.includes(subcommand)),
  );
}

export const stopping: readonly Case[] = [
  whilePrimary("it has just begun", {}, (instance) => instance.happened("started")),
  whilePrimary(
    "Kuma starts (held until it is ready)",
    { kuma: ["--start-delay", "1500"] },
    async (instance) => {
      await instance.happened("kuma-starting");
      await sleep(400);
    },
  ),
  whilePrimary("Kuma is ready", {}, (instance) => instance.happened("kuma-ready")),
  whilePrimary("restic init runs", {}, (instance) => runs(instance, "init")),
  whilePrimary("restic backup runs, fed with the dump", {}, (instance) => runs(instance, "backup")),
  whilePrimary(
    "it pauses after a crash",
    { kuma: ["--exit", "3"], env: { REPLICATOR_RESTART_PAUSE: "60s" } },
    (instance) => instance.happened("kuma-crashed"),
  ),
  whileApplying("Kuma stops for an apply", "kuma-stopping", 1),
  whileApplying("Kuma is stopped, in the middle of an apply", "kuma-stopped", 1),
  whileApplying("Kuma starts after an apply", "kuma-starting", 1),
  whileApplying("Kuma proves itself after an apply", "kuma-ready", 1),
];
