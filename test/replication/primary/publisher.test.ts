import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../../../src/config/index.ts";
import { openDatabaseWorker } from "../../../src/database/index.ts";
import { createPublisher } from "../../../src/replication/primary/publisher.ts";
import { openFingerprintFile } from "../../../src/replication/state/fingerprint-file.ts";
import { openStateFile } from "../../../src/replication/state/state-file.ts";
import { openRepository } from "../../../src/repository/index.ts";
import { success } from "../../../src/result.ts";
import { startBuilt } from "../../support/built-thread.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;
const never = new AbortController().signal;

/** A publisher of a real database into a real repository, and how often it has checked that. */
function rig(folder: string, shutdown: AbortSignal) {
  const file = join(folder, "kuma.db");
  copyFileSync(fileURLToPath(new URL("../../fixtures/kuma-dbs/2.5.3.db", import.meta.url)), file);
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
  let checks = 0;
  const repository: typeof real = {
    ...real,
    listAll: (signal) => {
      checks += 1;
      return real.listAll(signal);
    },
  };
  const kumaVersion = "2.5.3";
  const database = openDatabaseWorker(
    {
      locate: () => success({ engine: "sqlite", file }),
      ...{ uploadDir: join(folder, "upload"), kumaVersion },
    },
    shutdown,
    startBuilt,
  );
  const { file: stateFile } = openStateFile(folder);
  const fingerprintFile = openFingerprintFile(folder, stateFile);
  const { createRepository, instanceName, takeover } = config;
  const applier = { apply: () => assert.fail("nothing is applied") };
  const publisher = createPublisher({
    ...{
      database,
      repository,
      stateFile,
      fingerprintFile,
      applier,
      createRepository,
      instanceName,
      takeover,
      kumaVersion,
    },
    reportBash: () => undefined,
    emit: () => undefined,
  });
  return { publisher, checks: () => checks };
}

it("an unchanged primary checks the repository once an hour, however the clock is set", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "publisher-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const shutdown = new AbortController();
  t.after(() => shutdown.abort());
  const { publisher, checks } = rig(folder, shutdown.signal);
  const wall = Date.now();
  const steady = performance.now();
  t.mock.timers.enable({ apis: ["Date"], now: wall });

  /** Whether a cycle checks it, so long after the start, with the clock set by some days. */
  async function checksAfter(minutes: number, days: number): Promise<boolean> {
    t.mock.method(performance, "now", () => steady + minutes * MINUTE);
    t.mock.timers.setTime(wall + days * DAY);
    const before = checks();
    const done = await publisher.publish("scheduled", never);
    assert.ok(done.ok, done.ok ? "" : done.problem.message);
    return checks() > before;
  }

  assert.equal(await checksAfter(0, 0), true, "it publishes");
  assert.equal(await checksAfter(1, 1), false, "the clock was set ahead");
  assert.equal(await checksAfter(61, -1), true, "an hour later the clock is a day back");
  assert.equal(await checksAfter(119, 2), false);
  assert.equal(await checksAfter(122, -2), true);
});
