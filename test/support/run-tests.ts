/**
 * `npm test`: makes ready what the tests stand on, then hands over to Node's own test runner.
 * Arguments: test files, folders or runner options (`npm test -- test/snapshot --test-name-pattern=hash`).
 */
import { readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { BUNDLED_PACKAGES, bundlePackages } from "./install/bundle-packages.ts";
import { LabError } from "./install/lab-error.ts";
import { prepareTests } from "./install/prepare-tests.ts";
import { projectFolder } from "./paths.ts";

/** A file of tests that takes longer hangs, milliseconds: on a machine as busy as they come, too. */
const TEST_TIMEOUT = 30 * 60_000;

/** Node 20's runner knows no globs, so folders are walked here. */
function testFilesIn(path: string): string[] {
  if (!statSync(join(projectFolder, path)).isDirectory()) return [path];
  return readdirSync(join(projectFolder, path), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join(path, name))
    .sort();
}

async function runTests(args: readonly string[]): Promise<number> {
  const options = args.filter((arg) => arg.startsWith("--"));
  const chosen = args.filter((arg) => !arg.startsWith("--"));
  await prepareTests();
  await bundlePackages();
  const files = (chosen.length > 0 ? chosen : ["test"]).flatMap(testFilesIn);
  // Tests wait for real Kumas more than they compute: more at a time than there are cores on a small machine.
  const concurrency = Math.min(4, availableParallelism() + 1);
  const done = await execa(
    process.execPath,
    [
      "--import",
      "tsx",
      "--test",
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${TEST_TIMEOUT}`,
      ...options,
      ...files,
    ],
    { cwd: projectFolder, stdio: "inherit", reject: false, env: { TSX_TSCONFIG_PATH: BUNDLED_PACKAGES } },
  );
  return done.exitCode ?? 1;
}

try {
  process.exitCode = await runTests(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
