import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, before, beforeEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { askFor } from "../../src/control/client.ts";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { SUBSCRIPTION_TIMEOUTS } from "../../src/ntfy/timeouts.ts";
import { readState } from "../support/database-state.ts";
import { type Fleet, openFleet } from "../support/fleet.ts";
import { ensureBuilt } from "../support/install/build.ts";
import type { LogEntry } from "../support/log-file.ts";
import { type NtfyServer, startNtfy } from "../support/ntfy-server.ts";
import { peerSettings, untilAcquainted } from "../support/peers.ts";
import { createAuthor } from "../support/repository.ts";
import { mostAtOnce, restartsIn, type Span } from "../support/restarts.ts";
import { putInFrontOfRestic } from "../support/restic-in-front.ts";
import { untilEqual } from "../support/scenarios.ts";
import { edit, fillData, takeSnapshot } from "../support/source-data.ts";
import type { NamespaceOptions, SupervisorNamespace } from "../support/supervisor-namespace.ts";
import { waitFor } from "../support/wait.ts";

const TOKEN = "tk_wake_secret_4711";
const TOPIC = "wake-secret-topic";

let fleet: Fleet;
let ntfy: NtfyServer;

before(ensureBuilt);
beforeEach(async () => {
  fleet = await openFleet("wake");
  ntfy = await startNtfy();
});
afterEach(async () => {
  await fleet.close();
  ntfy.close();
});

/** Starts an instance with REPLICATOR_WAKE, and waits until its first cycle is over. Its intervals are of one hour. */
async function start(
  name: string,
  mode: NamespaceOptions["mode"],
  env: Record<string, string> = {},
): Promise<SupervisorNamespace> {
  fillData(fleet.dataOf(name));
  const wake = { REPLICATOR_WAKE: "ntfy", NTFY_URL: `${ntfy.url}/${TOPIC}`, NTFY_TOKEN: TOKEN };
  writeFileSync(resticLog(name), "");
  const PATH = putInFrontOfRestic(binOf(name), `echo "$*" >> '${resticLog(name)}'`);
  const instance = await fleet.open(name, mode, { PATH, ...wake, ...env });
  await instance.untilLogged("cycle-done");
  if (mode === "RESTORE") await instance.untilLogged("wake-ready");
  return instance;
}

/** Where the restic is that notes what it is asked for. */
const binOf = (name: string) => join(fleet.folder, `${name}.restic-in-front`);

const resticLog = (name: string) => join(fleet.folder, `${name}.restic`);

/** Which of restic's commands an instance has used, in order. */
function resticCommands(name: string): string[] {
  const lines = readFileSync(resticLog(name), "utf8").split("\n").filter(Boolean);
  return lines.flatMap((line) => /\b(snapshots|dump|backup|forget|init|cat)\b/.exec(line)?.[0] ?? line);
}

const count = (instance: SupervisorNamespace, type: ReplicatorEvent["type"]) =>
  instance.events().filter((event) => event.type === type).length;

/** A person edits on the primary; gives how many milliseconds after the publish the replica's Kuma runs with that. */
async function publishAndFollow(
  primary: SupervisorNamespace,
  replica: SupervisorNamespace,
  version: number,
): Promise<number> {
  edit(primary.dataDir, version);
  const from = replica.events().length;
  assert.equal((await primary.cycle()).type, "published");
  const published = performance.now();
  await replica.untilLogged("applied", { from });
  const took = performance.now() - published;
  await untilEqual(replica, readState(primary.dataDir));
  return took;
}

describe("REPLICATOR_WAKE", () => {
  it("brings a publish to the replica within seconds, by one look, and tells no secret", async (t) => {
    // What people want to be told is another matter: the notice of a publish is sent all the same.
    const primary = await start("primary", "BACKUP", { REPLICATOR_NOTIFY: "off" });
    const replica = await start("replica", "RESTORE", { REPLICATOR_NOTIFY: "all" });
    const cycles = count(replica, "cycle-started");
    const commands = resticCommands("replica").length;
    const took: number[] = [];
    for (const version of [1, 2, 3]) {
      took.push(Math.round(await publishAndFollow(primary, replica, version)));
      // Longer than the least time between two wakes: a second one would have come by now.
      await sleep(6_000);
    }
    t.diagnostic(`from publish to applied: ${took.join(", ")} ms`);
    assert.equal(count(replica, "woken"), 3);
    assert.equal(count(replica, "cycle-started") - cycles, 3);
    assert.deepEqual(
      resticCommands("replica").slice(commands),
      Array(3).fill(["snapshots", "dump"]).flat(),
      "one look and one download for each publish",
    );
    assert.equal(count(primary, "wake-ready"), 0, "a primary does not listen");
    assert.ok(ntfy.asked.every(({ authorization }) => authorization === `Bearer ${TOKEN}`));
    assert.equal(ntfy.asked.length, 1);
    for (const instance of fleet.instances)
      assert.doesNotMatch(instance.output(), new RegExp(`${TOKEN}|${TOPIC}`));
    const asked = performance.now();
    assert.deepEqual(await Promise.all(fleet.instances.map((instance) => instance.stop())), [0, 0]);
    assert.ok(performance.now() - asked < 20_000, "an open stream holds up no shutdown");
  });

  it("has a primary publish an edit by itself, whatever its interval, and once", async () => {
    const primary = await start("primary", "BACKUP");
    const from = primary.events().length;
    edit(primary.dataDir, 1);
    await primary.untilLogged("published", { from });
    await sleep(5_000);
    assert.equal(count(primary, "published"), 2, "that of its start, and this one");
  });

  it("follows the role: who is demoted is woken by who is promoted", async () => {
    const first = await start("first", "BACKUP");
    const second = await start("second", "RESTORE");
    assert.equal(ntfy.streams(), 1);
    const ask = async (instance: SupervisorNamespace, request: Parameters<typeof askFor>[1]) => {
      const done = await askFor(join(instance.dataDir, "replicator"), request, () => undefined);
      assert.ok(done.ok, done.ok ? "" : done.problem.message);
    };
    await ask(second, { do: "promote", asIs: false });
    await waitFor("no stream", () => ntfy.streams() === 0 || undefined);
    await ask(first, { do: "demote" });
    await first.untilLogged("wake-ready");
    assert.equal(ntfy.streams(), 1);
    await publishAndFollow(second, first, 5);
  });

  it("a flood of notices costs one look in five seconds, and Kuma nothing", async () => {
    await start("primary", "BACKUP");
    const replica = await start("replica", "RESTORE");
    const cycles = count(replica, "cycle-started");
    const begun = performance.now();
    while (performance.now() - begun < 11_000) {
      ntfy.post(TOPIC, { title: "x", tags: ["outbox_tray"] });
      await sleep(10);
    }
    const looks = count(replica, "cycle-started") - cycles;
    const most = Math.floor((performance.now() - begun) / SUBSCRIPTION_TIMEOUTS.betweenWakes) + 1;
    assert.ok(looks >= 1 && looks <= most, `${looks} looks, ${most} at most`);
    assert.equal(count(replica, "kuma-stopping"), 0);
  });

  it("goes on when ntfy cannot be reached, tells it once, and catches up on what it missed", async () => {
    const primary = await start("primary", "BACKUP");
    const replica = await start("replica", "RESTORE");
    ntfy.refuseWith = 403;
    ntfy.cut();
    const { problem } = await replica.untilLogged("wake-failed");
    assert.equal(problem.code, "wake-refused");
    edit(primary.dataDir, 1);
    assert.equal((await primary.cycle()).type, "published");
    const notices = () => ntfy.posted.filter(({ tags }) => tags.includes("outbox_tray")).length;
    await waitFor("the notice", () => notices() === 2 || undefined);
    await sleep(1_500);
    assert.equal(count(replica, "applied"), 1, "that of its start alone");
    ntfy.refuseWith = undefined;
    await untilEqual(replica, readState(primary.dataDir));
    assert.equal(count(replica, "wake-failed"), 1);
    assert.equal(count(replica, "wake-ready"), 2);
  });

  it("restarts the Kumas of replicas that know of one another one after another", async () => {
    const names = ["first", "second"];
    const peers = await peerSettings(names.length);
    const author = createAuthor(fleet.repository, "primary");
    const sourceDir = fleet.dataOf("source");
    fillData(sourceDir);
    await author.publish(takeSnapshot(sourceDir));
    const apply = { REPLICATOR_APPLY: "restart", REPLICATOR_PROOF_WINDOW: "2s" };
    const replicas = await Promise.all(
      names.map((name, at) => start(name, "RESTORE", { ...apply, ...peers[at] })),
    );
    await untilAcquainted(peers.map(({ REPLICATOR_HTTP }) => `http://${REPLICATOR_HTTP}`));
    edit(sourceDir, 1);
    await author.publish(takeSnapshot(sourceDir));
    const from = replicas.map((replica) => replica.events().length);
    ntfy.post(TOPIC, { title: "primary: configuration published", tags: ["outbox_tray"] });
    const restarts: Span[] = [];
    for (const [at, replica] of replicas.entries()) {
      await replica.untilLogged("applied", { from: from[at] ?? 0 });
      const entries = replica.entries().slice(from[at]);
      const [restart] = restartsIn(entries, "applied");
      assert.ok(restart, `${names[at]} restarts its Kuma`);
      // On a machine that is too busy for that, a turn ends: nobody is waited for without end.
      if (!hasWaitedInVain(entries, restart)) restarts.push(restart);
    }
    assert.equal(mostAtOnce(restarts), 1);
  });
});

/** Whether a replica has waited for its turn as long as it does at most. */
function hasWaitedInVain(entries: readonly LogEntry[], [begin]: Span): boolean {
  return entries.some(({ at, event }) => event.type === "restart-waits" && begin - at >= event.waitMs);
}
