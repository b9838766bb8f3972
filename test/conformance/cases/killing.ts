import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Case, ofSupervisor } from "../case.ts";
import { fixture } from "../columns.ts";
import { makeFolder } from "../ground.ts";

export const killing: readonly Case[] = [
  ofSupervisor("child ignores SIGTERM → SIGKILL to its whole tree after the grace, exit 0", async (open) => {
    const instance = await open({
      kuma: ["--ignore-term", "--family"],
      env: { REPLICATOR_STOP_GRACE: "1s" },
      namespace: false,
    });
    await instance.happened("published");
    await instance.until("the family stands", () => instance.family().length === 6);
    const asked = performance.now();
    instance.signal("SIGTERM");
    assert.equal(await instance.ended(), 0);
    const took = performance.now() - asked;
    assert.ok(took > 950, `the grace was ${Math.round(took)} ms`);
    await instance.until("nobody is left", () => instance.family().length === 0);
  }),
  ofSupervisor(
    "a child that takes 8 s to end is waited for, as its grace says, and not killed",
    async (open) => {
      const instance = await open({ kuma: ["--linger", "8000"], env: { REPLICATOR_STOP_GRACE: "60s" } });
      await instance.noted("ready");
      instance.signal("SIGTERM");
      assert.equal(await instance.ended(), 0);
      assert.ok(instance.notes().includes("end"), "it ended by itself");
      assert.equal(instance.events("kuma-killed"), 0);
      assert.match(instance.output(), /"type":"kuma-stopped","exit":\{"code":0\}/);
    },
  ),
  ofSupervisor(
    "an orphan of a crash that stays is killed after the grace, also when the clock is set back",
    async (open) => {
      const folder = makeFolder();
      const clock = join(folder, "clock");
      writeFileSync(clock, "0");
      const env = {
        NODE_OPTIONS: `--import=${fixture("programs/shift-clock.mjs")}`,
        SHIFT_CLOCK: clock,
        REPLICATOR_STOP_GRACE: "2s",
        REPLICATOR_RESTART_LIMIT: "1",
        REPLICATOR_RESTART_PAUSE: "0",
      };
      const instance = await open({ kuma: ["--exit", "3", "--after", "500", "--stubborn"], env }, folder);
      await instance.noted("orphan asked");
      writeFileSync(clock, String(-86_400_000));
      assert.equal(await instance.ended(), 3);
      assert.equal(instance.events("kuma-crashed"), 2);
    },
  ),
  ofSupervisor(
    "a child that hangs is killed with its tree: own sessions and orphans, none left",
    async (open) => {
      const instance = await open({
        kuma: ["--never-listen", "--family", "--deserted"],
        env: { REPLICATOR_START_LIMIT: "10s", REPLICATOR_RESTART_PAUSE: "60s" },
      });
      const family = () => instance.family().filter(({ command }) => command[0] !== "restic");
      await instance.until("the family stands, the deserted one with it", () => family().length === 7);
      await instance.happened("kuma-crashed");
      await instance.until("nobody is left", () => family().length === 0);
      await instance.until("no zombie either", () => !instance.processes().some(({ zombie }) => zombie));
      instance.signal("SIGTERM");
      assert.equal(await instance.ended(), 0);
    },
  ),
];
