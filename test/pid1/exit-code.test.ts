import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { exitCodeOf } from "../../src/pid1/signals.ts";

test("exitCodeOf passes on an exit code", () => {
  for (const code of [0, 1, 2, 64, 127, 254, 255]) assert.equal(exitCodeOf({ code }), code);
});

test("exitCodeOf counts a signal as the shell does", () => {
  for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGKILL", "SIGTERM", "SIGUSR1"] as const) {
    const shell = spawnSync("sh", ["-c", `sh -c 'kill -${signal.slice(3)} $$'; exit $?`]);
    assert.equal(exitCodeOf({ signal }), shell.status, signal);
  }
});
