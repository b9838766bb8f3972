import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { type Case, ofAnyInit, ofSupervisor } from "../case.ts";
import { fixture } from "../columns.ts";
import type { Instance } from "../instance.ts";

const linesAbout = (instance: Instance, words: RegExp) =>
  instance
    .output()
    .split("\n")
    .filter((line) => words.test(line));

export const starting: readonly Case[] = [
  ofAnyInit("command not found → 127 and one clear line", async (open) => {
    const instance = await open({ child: ["/nowhere/kuma"] });
    assert.equal(await instance.ended(), 127);
    assert.equal(linesAbout(instance, /nowhere/).length, 1);
  }),
  ofAnyInit("command not executable → 126 and one clear line", async (open) => {
    const instance = await open({ child: [fixture("kuma/package.json")] });
    assert.equal(await instance.ended(), 126);
    assert.equal(linesAbout(instance, /package\.json/).length, 1);
  }),
  ofSupervisor("KUMA_DIR missing → 127 and one clear line", async (open) => {
    const instance = await open({ env: { KUMA_DIR: "/nowhere/kuma" } });
    assert.equal(await instance.ended(), 127);
    assert.equal(linesAbout(instance, /\/nowhere\/kuma/).length, 1);
  }),
  ofSupervisor("crash loop: pauses grow, one line each, then the child's own code", async (open) => {
    const instance = await open({
      kuma: ["--exit", "3"],
      env: { REPLICATOR_RESTART_LIMIT: "2", REPLICATOR_RESTART_PAUSE: "1s" },
    });
    assert.equal(await instance.ended(), 3);
    assert.equal(instance.events("kuma-crashed"), 3);
    const starts = instance
      .notes()
      .flatMap((note) => (note.startsWith("at ") ? [Number(note.slice(3))] : []));
    const pauses = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
    assert.equal(pauses.length, 2);
    for (const [index, pause] of pauses.entries()) {
      const least = 1_000 * 2 ** index;
      assert.ok(
        pause >= least && pause < least + 1_000,
        `pause ${index + 1} of at least ${least} ms: ${pause} ms`,
      );
    }
  }),
  ofSupervisor("what a child leaves running is ended before the next one starts", async (open) => {
    const instance = await open({
      kuma: ["--exit", "3", "--deserted"],
      env: { REPLICATOR_RESTART_LIMIT: "1", REPLICATOR_RESTART_PAUSE: "5s" },
    });
    const deserted = () => instance.family().filter(({ command }) => command[0] === "sleep");
    await instance.happened("kuma-crashed");
    assert.equal(deserted().length, 0);
    assert.equal(await instance.ended(), 3);
  }),
  ofSupervisor("a start that hangs: time limit, one line, killed, retried as a crash", async (open) => {
    const instance = await open({
      kuma: ["--never-listen"],
      env: {
        REPLICATOR_START_LIMIT: "1s",
        REPLICATOR_RESTART_LIMIT: "1",
        REPLICATOR_RESTART_PAUSE: "0",
      },
    });
    assert.equal(await instance.ended(), 137);
    assert.equal(instance.notes().filter((note) => note.startsWith("start")).length, 2);
    assert.equal(instance.events("kuma-killed"), 2);
    assert.equal(instance.events("kuma-crashed"), 2);
  }),
  ofSupervisor("Kuma's port is taken: reported, and retried until it is free", async (open) => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    assert.ok(address !== null && typeof address === "object");
    try {
      const instance = await open({
        env: { UPTIME_KUMA_PORT: String(address.port), REPLICATOR_RESTART_PAUSE: "1s" },
      });
      await instance.happened("kuma-start-failed");
      assert.match(instance.output(), new RegExp(`:${address.port}`));
      assert.deepEqual(instance.notes(), []);
      other.close();
      await instance.noted("ready");
    } finally {
      other.close();
    }
  }),
];
