import assert from "node:assert/strict";
import { becomes, type Case, ofSupervisor } from "../case.ts";

export const killing: readonly Case[] = [
  ofSupervisor("child ignores SIGTERM → SIGKILL to its whole tree after the grace, exit 0", async (open) => {
    const box = await open({
      kuma: ["--ignore-term", "--family"],
      env: { REPLICATOR_STOP_GRACE: "1s" },
      namespace: false,
    });
    await box.happened("published");
    await becomes("the family stands", 5_000, () => box.family().length === 6);
    const asked = performance.now();
    box.signal("SIGTERM");
    assert.equal(await box.ended(), 0);
    const took = performance.now() - asked;
    assert.ok(took > 950 && took < 3_000, `the grace was ${Math.round(took)} ms`);
    await becomes("nobody is left", 1_000, () => box.family().length === 0);
  }),
  ofSupervisor(
    "a child that takes 8 s to end is waited for, as its grace says, and not killed",
    async (open) => {
      const box = await open({ kuma: ["--linger", "8000"], env: { REPLICATOR_STOP_GRACE: "60s" } });
      await box.noted("ready");
      box.signal("SIGTERM");
      assert.equal(await box.ended(), 0);
      assert.ok(box.notes().includes("end"), "it ended by itself");
      assert.equal(box.events("kuma-killed"), 0);
      assert.match(box.output(), /"type":"kuma-stopped","exit":\{"code":0\}/);
    },
  ),
  ofSupervisor(
    "a child that hangs is killed with its tree: own sessions and orphans, none left",
    async (open) => {
      const box = await open({
        kuma: ["--never-listen", "--family", "--deserted"],
        env: { REPLICATOR_START_LIMIT: "5s", REPLICATOR_RESTART_PAUSE: "60s" },
      });
      const family = () => box.family().filter(({ command }) => command[0] !== "restic");
      await becomes("the family stands, the deserted one with it", 4_900, () => family().length === 7);
      await box.happened("kuma-crashed");
      await becomes("nobody is left", 1_000, () => family().length === 0);
      await becomes("no zombie either", 1_000, () => !box.processes().some(({ zombie }) => zombie));
      box.signal("SIGTERM");
      assert.equal(await box.ended(), 0);
    },
  ),
];
