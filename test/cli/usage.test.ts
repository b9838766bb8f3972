import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runAlone } from "../support/cli-instance.ts";

/** Each command with arguments that are wrong for it. */
const WRONG: Record<string, string[][]> = {
  run: [["--no-such"], ["argument"]],
  status: [["--no-such"], ["argument"]],
  sync: [["--no-such"], ["argument"]],
  snapshots: [["--limit", "0"], ["--limit", "x"], ["argument"]],
  diff: [["a", "b", "c"], ["--no-such"]],
  restore: [[], ["a", "b"]],
  adopt: [["argument"], ["--keep", "--replace"]],
  rollback: [["argument"]],
  export: [
    ["--format", "xml"],
    ["a", "b"],
  ],
  import: [[], ["a", "b"]],
  promote: [["argument"], ["--no-such"]],
  demote: [["argument"]],
  doctor: [["argument"]],
  patch: [[], ["--no-such"]],
};

describe("usage", () => {
  for (const [command, cases] of Object.entries(WRONG)) {
    it(`${command}: wrong arguments give its usage and exit code 2`, async () => {
      for (const args of cases) {
        const { exitCode, stdout, stderr } = await runAlone([command, ...args]);
        assert.deepEqual([exitCode, stdout], [2, ""], `${command} ${args.join(" ")}`);
        assert.match(stderr, new RegExp(`^error: [\\s\\S]*^Usage: .*${command}`, "m"));
      }
    });

    it(`${command} --help teaches`, async () => {
      const { exitCode, stdout } = await runAlone([command, "--help"]);
      assert.equal(exitCode, 0);
      if (command !== "run") assert.match(stdout, /^Exit codes:$[\s\S]*^ {2}0 {2}[\s\S]*^Examples?:$/m);
    });
  }

  it("an unknown command gives usage and exit code 2", async () => {
    const { exitCode, stderr } = await runAlone(["statuz"]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /Usage: replicator-kuma/);
  });

  it("wrong settings: all of them, exit code 2", async () => {
    for (const [command, env, names] of [
      ["status", { BACKUP_INTERVAL: "soon" }, ["RESTIC_REPOSITORY", "RESTIC_PASSWORD"]],
      ["run", { BACKUP_INTERVAL: "soon", PUID: "me" }, ["RESTIC_REPOSITORY", "BACKUP_INTERVAL", "PUID"]],
    ] as const) {
      const { exitCode, stderr } = await runAlone([command], env);
      assert.equal(exitCode, 2);
      for (const name of names) assert.match(stderr, new RegExp(`^${name} `, "m"));
    }
  });
});
