import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { holdSignals } from "../../src/pid1/early.ts";
import { listenToSignals } from "../../src/pid1/index.ts";
import { FORWARDED } from "../../src/pid1/signals.ts";

const PROGRAM = fileURLToPath(new URL("../fixtures/programs/listen-to-signals.ts", import.meta.url));

test("every signal calls its handler, one after the other, and none opens the debugger", async () => {
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

test("signals that come before anybody listens are kept, and handed over once, in their order", async () => {
  const heard: string[] = [];
  const handlers = {
    stop: (signal: string) => void heard.push(signal),
    syncNow: () => void heard.push("sync"),
    reportState: () => void heard.push("report"),
    forward: (signal: string) => void heard.push(signal),
  };
  holdSignals();
  for (const signal of ["SIGUSR2", "SIGHUP", "SIGTERM"] as const) {
    process.kill(process.pid, signal);
    await sleep(50);
  }
  const { dispose } = listenToSignals(handlers);
  assert.deepEqual(heard, ["report", "SIGHUP", "SIGTERM"]);
  dispose();
  listenToSignals(handlers).dispose();
  assert.equal(heard.length, 3);
});
