import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { FORWARDED } from "../../src/init/signals.ts";

const PROGRAM = fileURLToPath(new URL("../fixtures/programs/listen-to-signals.ts", import.meta.url));

test("every signal calls its handler, one after the other, and none opens the debugger", {
  timeout: 30_000,
}, async () => {
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (text: Buffer) => {
    errors += text.toString();
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  try {
    assert.equal((await lines.next()).value, "listening");
    const expected = new Map<NodeJS.Signals, string>([
      ...FORWARDED.map((signal) => [signal, `forward ${signal}`] as const),
      ["SIGUSR1", "syncNow"],
      ["SIGUSR2", "reportState"],
      ["SIGINT", "stop SIGINT"],
      ["SIGTERM", "stop SIGTERM"],
    ]);
    for (const [signal, line] of expected) {
      child.kill(signal);
      assert.equal((await lines.next()).value, line);
    }
    const [code] = await once(child, "exit");
    assert.equal(code, 0, "nothing keeps it alive once disposed");
    assert.equal(errors, "");
  } finally {
    child.kill("SIGKILL");
  }
});
