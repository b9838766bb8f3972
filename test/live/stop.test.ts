import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CUT_OFF_AFTER, openBusyKuma } from "../support/kuma/busy-kuma.ts";
import { copyPatchedKuma } from "../support/kuma/patched-kuma.ts";
import { whyNotCompared } from "./releases.ts";

const skip = await whyNotCompared();

/** A machine that is very busy may need so many. */
const ATTEMPTS = 4;

test("a busy Kuma that is stopped ends once its checks are over, and loses no heartbeat and no message", {
  skip,
}, async (t) => {
  const patched = await copyPatchedKuma();
  t.after(patched.remove);
  for (let attempt = 1; ; attempt += 1) {
    const folder = mkdtempSync(join(tmpdir(), "stop-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const kuma = await openBusyKuma(patched, folder, Math.random);
    t.after(kuma.close);
    const took = await kuma.runAndStop(1_000);
    t.diagnostic(`it ended after ${Math.round(took)} ms`);
    if (took < CUT_OFF_AFTER) {
      assert.ok(kuma.assertNothingLost().heartbeats > 0);
      return;
    }
    assert.ok(attempt < ATTEMPTS, "it always waits as long as Kuma itself");
  }
});
