import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Case, ofAnyInit } from "../case.ts";
import { fixture } from "../columns.ts";

const O_CLOEXEC = 0o2000000;

/** Open files that whoever started us left open for everyone: they reach every child, whatever PID 1 does. */
function leftOpen(): string[] {
  return readdirSync("/proc/self/fd").filter((file) => {
    try {
      const [, flags] = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${file}`, "utf8")) ?? [];
      return Number(file) > 2 && (Number.parseInt(flags ?? "", 8) & O_CLOEXEC) === 0;
    } catch {
      return false; // the folder itself, closed by now
    }
  });
}

export const inheritance: readonly Case[] = [
  ofAnyInit("child inherits: no signal blocked or ignored, no open file but 0, 1, 2", async (open) => {
    const instance = await open({
      child: [fixture("programs/show-inheritance.sh"), "{folder}/seen"],
      env: { REPLICATOR_RESTART_LIMIT: "0" },
    });
    const seen = () => {
      const file = join(instance.folder, "seen");
      return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    };
    await instance.until("the child has looked around", () => seen().at(-1) === "done");
    const none = "0".repeat(16);
    const [blocked, ignored, ...files] = seen().slice(0, -1);
    assert.deepEqual([blocked, ignored], [`SigBlk:\t${none}`, `SigIgn:\t${none}`]);
    assert.deepEqual(files.sort(), ["0", "1", "2", "3", ...leftOpen()].sort());
  }),
];
