import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { rollBack } from "../../../src/replication/commands/roll-back.ts";
import {
  forgetRefused,
  isRefused,
  listRefused,
  rememberRefused,
} from "../../../src/replication/state/refused.ts";
import { openStateFile } from "../../../src/replication/state/state-file.ts";
import { success } from "../../../src/result.ts";

const idOf = (number: number) => String(number).padStart(8, "0").padEnd(64, "f");

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "refused-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("refused snapshots", () => {
  it("are remembered across restarts, by either form of an id, the last twenty of them", () => {
    const { file } = openStateFile(dir);
    for (let number = 0; number < 25; number++) rememberRefused(file, idOf(number), `reason ${number}`);
    const again = openStateFile(dir).file;
    assert.equal(listRefused(again.state).length, 20);
    assert.equal(listRefused(again.state).at(-1)?.reason, "reason 24");
    assert.equal(isRefused(again, idOf(24).slice(0, 8)), true);
    assert.equal(isRefused(again, idOf(4)), false);
  });

  it("are there once each, with the last reason", () => {
    const { file } = openStateFile(dir);
    rememberRefused(file, idOf(1), "first");
    rememberRefused(file, idOf(2), "other");
    rememberRefused(file, idOf(1), "again");
    assert.deepEqual(
      listRefused(file.state).map(({ reason }) => reason),
      ["other", "again"],
    );
  });

  it("may be tried again, all of them", () => {
    const { file } = openStateFile(dir);
    rememberRefused(file, idOf(1), "x");
    forgetRefused(file);
    assert.equal(isRefused(file, idOf(1)), false);
  });

  it("are no more than that when a person undoes one after the other", async () => {
    const { file } = openStateFile(dir);
    let number = 0;
    const record = () => ({
      ...{ snapshotId: idOf(number), contentHash: "c", appliedAt: 1, changedAt: 1 },
      ...{ verified: true, canUndo: true, hasStaleHistory: false },
    });
    // What becomes of Kuma and its database is tested elsewhere.
    const parts: Parameters<typeof rollBack>[0] = {
      startLimit: 1_000,
      database: {
        lastApply: async () => success(record()),
        rollBack: async () => success(undefined),
      },
      kuma: { stop: async () => undefined, start: () => undefined, untilReady: async () => undefined },
      role: { current: "replica" },
      stateFile: file,
      emit: () => undefined,
    };
    for (; number < 25; number++)
      assert.ok((await rollBack(parts, undefined, new AbortController().signal)).ok);
    assert.equal(listRefused(file.state).length, 20);
  });
});
