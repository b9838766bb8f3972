import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { PATIENCE } from "../support/wait.ts";
import { startChecklist } from "./checklist.ts";

describe("test:image", () => {
  it("without a Docker engine says so in one line, and fails nothing", async (t) => {
    const empty = mkdtempSync(join(tmpdir(), "no-engine-"));
    t.after(() => rmSync(empty, { recursive: true }));
    const main = fileURLToPath(new URL("./main.ts", import.meta.url));
    const { exitCode, all } = await execa(process.execPath, ["--import", "tsx", main], {
      env: { PATH: empty },
      all: true,
      reject: false,
      timeout: PATIENCE,
    });
    assert.deepEqual(
      { exitCode, all },
      { exitCode: 0, all: "No Docker engine answers here, so the image is not tested." },
    );
  });
});

describe("startChecklist", () => {
  it("prints a line for each check and counts the missed ones", async (t) => {
    const log = t.mock.method(console, "log", () => {});
    const list = startChecklist();
    assert.equal(await list.check("is there", async () => "36 MB"), true);
    assert.equal(
      await list.check("is not", async () => {
        throw new Error("two\nlines");
      }),
      false,
    );
    assert.deepEqual(list.missed, ["is not"]);
    assert.deepEqual(
      log.mock.calls.map(({ arguments: [line] }) => line),
      ["ok      is there (0 s): 36 MB", "MISSED  is not (0 s)", "          two\n          lines"],
    );
  });
});
