import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CUT_OFF_AFTER, openBusyKuma } from "../support/kuma/busy-kuma.ts";
import { copyPatchedKuma } from "../support/kuma/patched-kuma.ts";
import { PATIENCE } from "../support/wait.ts";
import { whyNotCompared } from "./releases.ts";

const skip = await whyNotCompared();

test("a busy Kuma that is stopped ends once its checks are over, and loses no heartbeat and no message", {
  skip,
}, async (t) => {
  const patched = await copyPatchedKuma();
  t.after(patched.remove);
  // On a machine that is very busy an end may take as long as ever, and tells nothing then.
  const giveUpAt = performance.now() + PATIENCE;
  for (;;) {
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
    assert.ok(performance.now() < giveUpAt, "it always waits as long as Kuma itself");
  }
});
