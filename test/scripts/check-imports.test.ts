import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { execa } from "execa";
import { projectFolder } from "../support/paths.ts";

const root = mkdtempSync(join(tmpdir(), "check-imports-"));
after(() => rmSync(root, { recursive: true, force: true }));

const check = (...args: string[]) =>
  execa(process.execPath, [join(projectFolder, "scripts/check-imports.mjs"), ...args], { reject: false });

/** What the check says of a project in which this one file imports that. */
async function checkImport(file: string, imported: string) {
  rmSync(root, { recursive: true });
  for (const folder of ["src", "test", "bench", "scripts"])
    mkdirSync(join(root, folder), { recursive: true });
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), `import { x } from "${imported}";\n`);
  const { exitCode, stderr } = await check("--root", root);
  return { exitCode, stderr };
}

/** What is wrong, in which file, what it imports, and the sentence that names the rule. */
const WRONG: readonly [string, string, string, string][] = [
  [
    "a folder that is not in its row",
    "src/snapshot/read.ts",
    "../config/index.ts",
    "src/snapshot may import only from no other folder",
  ],
  [
    "a folder that stands below it",
    "src/database/read.ts",
    "../replication/index.ts",
    "src/database may import only from config, diff, export, snapshot",
  ],
  [
    "past the door of a folder",
    "src/replication/cycle.ts",
    "../database/sqlite.ts",
    "src/database is entered only by index.ts",
  ],
  [
    "past both doors of a folder that has two",
    "src/cli/run.ts",
    "../kuma/environment.ts",
    "src/kuma is entered only by index.ts, probe.ts",
  ],
  ["out of src", "src/cli/run.ts", "../../test/support/wait.ts", "src may not import from outside src"],
  [
    "a folder from a file that all share",
    "src/clock.ts",
    "./config/index.ts",
    "the files directly in src are shared by all folders, so they may import none of them",
  ],
  [
    "anything from a folder without a rule",
    "src/unheard/of.ts",
    "../config/index.ts",
    "src/unheard has no rule",
  ],
  ["a folder without a rule", "src/cli/run.ts", "../unheard/index.ts", "src/unheard has no rule"],
  [
    "the tests of one kind from another",
    "test/faults/fault.ts",
    "../conformance/case.ts",
    "test/faults may import only from test/faults, src, test/support",
  ],
  [
    "a test from the support of all tests",
    "test/support/wait.ts",
    "../e2e/chain.ts",
    "test/support may import only from test/support, src",
  ],
];

describe("check-imports", () => {
  it("passes when the project is as it is", async () => {
    assert.deepEqual(await check().then(({ exitCode, stderr }) => ({ exitCode, stderr })), {
      exitCode: 0,
      stderr: "",
    });
  });

  for (const [what, file, imported, rule] of WRONG) {
    it(`fails and names the rule when a file imports ${what}`, async () => {
      const { exitCode, stderr } = await checkImport(file, imported);
      assert.equal(exitCode, 1);
      const target = join(dirname(file), imported);
      assert.equal(stderr, `${file} imports ${target}: ${rule} (scripts/import-rules.mjs)\n`.trimEnd());
    });
  }

  for (const [file, imported] of [
    ["src/replication/cycle.ts", "../database/index.ts"],
    ["src/cli/health.ts", "../kuma/probe.ts"],
    ["src/database/read.ts", "../clock.ts"],
    ["test/database/read.test.ts", "../../src/database/sqlite/open-sqlite.ts"],
    ["test/faults/fault.ts", "../support/wait.ts"],
  ] as const) {
    it(`passes when ${file} imports ${imported}`, async () => {
      assert.deepEqual(await checkImport(file, imported), { exitCode: 0, stderr: "" });
    });
  }
});
