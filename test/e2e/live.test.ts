import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { readState } from "../support/database-state.ts";
import { copyPatchedKuma } from "../support/kuma/patched-kuma.ts";
import { projectFolder } from "../support/paths.ts";
import { openReplicaScenario, type ReplicaScenario } from "../support/scenarios.ts";
import { waitFor } from "../support/wait.ts";

const LIVE = { REPLICATOR_APPLY: "live" };
const standIn = join(projectFolder, "test/fixtures/programs/kuma-with-database.mjs");

async function openScenario(
  t: TestContext,
  env: Record<string, string>,
  kumaVersion?: string,
): Promise<ReplicaScenario> {
  const folder = mkdtempSync(join(tmpdir(), "live-e2e-"));
  const scenario = await openReplicaScenario(folder, {
    env,
    ...(kumaVersion === undefined ? {} : { kumaVersion }),
  });
  t.after(async () => {
    await scenario.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return scenario;
}

/** A person edits on the primary; gives what the replica reports until it has applied that. */
async function applyNext({ instance, ...scenario }: ReplicaScenario): Promise<ReplicatorEvent[]> {
  await scenario.publishNext();
  const from = instance.events().length;
  instance.signal("SIGUSR1");
  await instance.untilLogged("applied", { from });
  await instance.untilLogged("cycle-done", { from });
  return instance.events().slice(from);
}

const typesOf = (events: readonly ReplicatorEvent[]) => events.map(({ type }) => type);

test("a replica applies under its running Kuma", async (t) => {
  const scenario = await openScenario(t, LIVE);
  const pid = scenario.instance.kumaPid();
  const events = await applyNext(scenario);
  assert.ok(events.some((event) => event.type === "applied" && event.monitoringGapMs === 0));
  assert.ok(!typesOf(events).includes("kuma-stopping"), typesOf(events).join(" "));
  await scenario.converge();
  assert.equal(scenario.instance.kumaPid(), pid);
});

test("a real, patched Kuma is not stopped for an apply either; a pre-release is, and that is told once", async (t) => {
  const kuma = await copyPatchedKuma();
  t.after(kuma.remove);
  const env = { ...LIVE, KUMA_DIR: kuma.dir, KUMA_COMMAND: "", REPLICATOR_PROOF_WINDOW: "2s" };
  const scenario = await openScenario(t, env, kuma.version);
  const pid = scenario.instance.kumaPid();
  const events = await applyNext(scenario);
  await scenario.converge();
  const warnings = scenario.instance.events().filter((event) => event.type === "warning");
  if (kuma.version.includes("-")) {
    assert.equal(warnings.length, 1, scenario.instance.output().slice(-2_000));
    assert.match(warnings[0]?.message ?? "", /Uptime Kuma \S+ is a pre-release/);
    assert.ok(typesOf(events).includes("kuma-stopping"));
    return;
  }
  assert.equal(warnings.length, 0, scenario.instance.output().slice(-2_000));
  assert.equal(scenario.instance.kumaPid(), pid);
});

test("a Kuma without the module is restarted, and that is told once, at the start", async (t) => {
  // `env` takes the channel away from it, as a base image without the patch has nobody listening there.
  const command = `env -u NODE_CHANNEL_FD "${process.execPath}" "${standIn}"`;
  const scenario = await openScenario(t, { ...LIVE, KUMA_COMMAND: command });
  const events = [...(await applyNext(scenario)), ...(await applyNext(scenario))];
  const warnings = scenario.instance.events().filter((event) => event.type === "warning");
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]?.message ?? "", /cannot be changed while Kuma runs: Kuma did not answer "hello"/);
  assert.equal(typesOf(events).filter((type) => type === "kuma-stopping").length, 2);
  await scenario.converge();
});

for (const victim of ["Kuma", "the supervisor and Kuma"])
  test(`${victim} killed between COMMIT and verification: a start verifies it`, async (t) => {
    const scenario = await openScenario(t, { ...LIVE, REPLICATOR_PROOF_WINDOW: "20s" });
    const wanted = await scenario.publishNext();
    const from = scenario.instance.events().length;
    scenario.instance.signal("SIGUSR1");
    await waitFor("COMMIT", () => readState(scenario.dataDir).proven === false || undefined, {
      every: 10,
    });
    const pid = scenario.instance.kumaPid();
    assert.ok(
      pid !== undefined && !typesOf(scenario.instance.events().slice(from)).includes("kuma-stopping"),
    );
    if (victim === "Kuma") process.kill(pid, "SIGKILL");
    else {
      await scenario.instance.kill();
      await scenario.start({ env: { ...LIVE, REPLICATOR_PROOF_WINDOW: "1s" } });
    }
    await scenario.converge(wanted);
    assert.notEqual(scenario.instance.kumaPid(), pid);
    assert.ok(!typesOf(scenario.instance.events()).includes("rolled-back"));
  });

test("with REPLICATOR_APPLY=restart Kuma has no channel, and nothing is told", async (t) => {
  const scenario = await openScenario(t, { REPLICATOR_APPLY: "restart" });
  const events = await applyNext(scenario);
  assert.ok(typesOf(events).includes("kuma-stopping"));
  assert.ok(!typesOf(events).includes("warning"));
});
