import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { encodeSnapshot } from "../../src/snapshot/index.ts";
import {
  changeRows,
  dump,
  IDS,
  type Instance,
  makeInstance,
  png,
  sql,
  takeSnapshot,
  value,
} from "./fixtures.ts";

/** Milliseconds after the start of an apply that takes some hundred. */
const MOMENTS = [1, 30, 60, 100, 150, 220, 300];

const program = fileURLToPath(new URL("apply-program.ts", import.meta.url));

function withoutFiles(instance: Instance): Record<string, unknown> {
  return { ...dump(instance), files: [] };
}

for (const moment of MOMENTS) {
  test(`killed ${moment} ms into an apply: before or after, never between, and the next apply converges`, async (t) => {
    const replica = makeInstance(t, "2.5.3");
    sql(
      replica,
      "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 1600) INSERT INTO monitor (id, name, user_id) SELECT i, 'many', 1 FROM n",
    );
    const changed = takeSnapshot(replica, (content) =>
      changeRows(content, "monitor", (rows) => rows.map((row) => ({ ...row, description: "x".repeat(500) }))),
    );
    const files = [{ name: "logo1.png", bytes: png("new") }];
    const snapshot = { ...changed, content: { ...changed.content, files } };
    const snapshotFile = join(dirname(replica.file), "snapshot");
    writeFileSync(snapshotFile, Buffer.concat([...encodeSnapshot(snapshot)]));
    const before = withoutFiles(replica);

    const child = spawn(process.execPath, ["--import", "tsx", program, replica.file, snapshotFile], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    await sleep(moment);
    child.kill("SIGKILL");
    await ended;

    const isAfter = value(replica.kuma.lastApply()) !== undefined;
    if (isAfter) assert.ok(value(replica.kuma.plan(snapshot)).empty);
    else assert.deepEqual(withoutFiles(replica), before);
    value(replica.kuma.apply(snapshot, IDS));
    assert.ok(value(replica.kuma.plan(snapshot)).empty);
    value(replica.kuma.rollBack());
    assert.deepEqual(withoutFiles(replica), before);
    t.diagnostic(isAfter ? "after" : "before");
  });
}
