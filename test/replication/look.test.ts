import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../../src/config/index.ts";
import { openKumaDatabase } from "../../src/database/index.ts";
import type { Context } from "../../src/replication/context.ts";
import { createPublisher } from "../../src/replication/publish.ts";
import { openStateFile } from "../../src/replication/state.ts";
import { openRepository } from "../../src/repository/index.ts";
import { success } from "../../src/result.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;
const never = new AbortController().signal;

/** A publisher of a real database into a real repository, and how often it has looked at that. */
function rig(folder: string) {
  const file = join(folder, "kuma.db");
  copyFileSync(fileURLToPath(new URL("../fixtures/kuma-dbs/2.5.3.db", import.meta.url)), file);
  const env = {
    PATH: process.env.PATH ?? "",
    REPLICATOR_MODE: "BACKUP",
    RESTIC_REPOSITORY: join(folder, "repository"),
    RESTIC_PASSWORD: "a-password-7781",
    REPLICATOR_STATE_DIR: folder,
    DATA_DIR: folder,
  };
  const loaded = loadConfig(env, folder);
  assert.ok(loaded.ok);
  const { config } = loaded;
  const real = openRepository(config.restic, { instanceName: config.instanceName });
  let looks = 0;
  const repository: typeof real = {
    ...real,
    list: (signal) => {
      looks += 1;
      return real.list(signal);
    },
  };
  const kumaVersion = "2.5.3";
  const database = openKumaDatabase({
    locate: () => success({ engine: "sqlite", file }),
    uploadDir: join(folder, "upload"),
    kumaVersion,
  });
  const { file: stateFile } = openStateFile(folder);
  const role = { current: "primary" };
  const context = { config, kumaVersion, database, repository, stateFile, role, emit: () => undefined };
  return { publisher: createPublisher(context as unknown as Context), looks: () => looks };
}

it("an unchanged primary looks at the repository once an hour, however the clock is set", {
  timeout: 120_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "look-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const { publisher, looks } = rig(folder);
  const wall = Date.now();
  const steady = performance.now();
  t.mock.timers.enable({ apis: ["Date"], now: wall });

  /** Whether a cycle looks, so long after the start, with the clock set by some days. */
  async function looksAfter(minutes: number, days: number): Promise<boolean> {
    t.mock.method(performance, "now", () => steady + minutes * MINUTE);
    t.mock.timers.setTime(wall + days * DAY);
    const before = looks();
    const done = await publisher.publish(never, { checkRepository: false, accept: false });
    assert.ok(done.ok, done.ok ? "" : done.problem.message);
    return looks() > before;
  }

  assert.equal(await looksAfter(0, 0), true, "it publishes");
  assert.equal(await looksAfter(1, 1), false, "the clock was set ahead");
  assert.equal(await looksAfter(61, -1), true, "an hour later the clock is a day back");
  assert.equal(await looksAfter(119, 2), false);
  assert.equal(await looksAfter(122, -2), true);
});
