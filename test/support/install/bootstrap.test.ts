import assert from "node:assert/strict";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { PATIENCE, waitFor } from "../wait.ts";

const project = fileURLToPath(new URL("../../..", import.meta.url));
let clone = "";
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "lab-bootstrap-"));
  for (const folder of ["scripts", "bin"]) mkdirSync(join(clone, folder));
  copyFileSync(join(project, "scripts/bootstrap.mjs"), join(clone, "scripts/bootstrap.mjs"));
  writeFileSync(join(clone, "package-lock.json"), "{}");
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

/** A program on the clone's PATH, which has nothing else but what each test puts there. */
function putOnPath(name: string, script: string): void {
  writeFileSync(join(clone, "bin", name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(clone, "bin", name), 0o755);
}

function bootstrap(...args: string[]) {
  const options = {
    cwd: clone,
    env: { PATH: join(clone, "bin") },
    extendEnv: false,
    reject: false,
    timeout: PATIENCE,
  } as const;
  return execa(process.execPath, ["scripts/bootstrap.mjs", ...args], options);
}

test("bootstrap names a missing compiler when npm has to be started", async () => {
  putOnPath("npm", "touch started");
  putOnPath("make", "");
  const { exitCode, stderr } = await bootstrap("program.ts");
  assert.equal(exitCode, 1);
  assert.match(stderr, /python3, g\+\+ not found.*apt-get install/);
  assert.equal(existsSync(join(clone, "started")), false);
});

test("bootstrap reports npm's failure and does not start the program when npm ci fails", async () => {
  for (const command of ["python3", "make", "g++"]) putOnPath(command, "");
  putOnPath("npm", "exit 7");
  const { exitCode, stderr } = await bootstrap("program.ts");
  assert.equal(exitCode, 1);
  assert.match(stderr, /npm ci failed with exit code 7/);
});

test("bootstrap installs once when two start at once", async () => {
  for (const command of ["python3", "make", "g++"]) putOnPath(command, "");
  const marker = "node_modules/.package-lock.json";
  putOnPath(
    "npm",
    `echo begun >> runs; /bin/sleep 1; /bin/mkdir -p node_modules; : > ${marker}; echo over >> runs`,
  );
  const both = await Promise.all([bootstrap("program.ts"), bootstrap("program.ts")]);
  assert.equal(readFileSync(join(clone, "runs"), "utf8"), "begun\nover\n");
  for (const { stderr } of both)
    assert.match(stderr, /tsx/, "and then each goes on, to what there is not here");
});

test("bootstrap installs when the one that held the lock was killed", async () => {
  for (const command of ["python3", "make", "g++"]) putOnPath(command, "");
  // Outlives it a little, and holds nothing of it.
  putOnPath("npm", "echo begun >> runs; exec /bin/sleep 5 >/dev/null 2>&1");
  const first = bootstrap("program.ts");
  await waitFor("the first install", () => existsSync(join(clone, "runs")) || undefined);
  first.kill("SIGKILL");
  await first;
  putOnPath("npm", "echo again >> runs; exit 7");
  const { exitCode } = await bootstrap("program.ts");
  assert.equal(exitCode, 1);
  assert.equal(readFileSync(join(clone, "runs"), "utf8"), "begun\nagain\n");
});

test("bootstrap passes arguments and exit code through when everything is installed", async () => {
  symlinkSync(join(project, "node_modules"), join(clone, "node_modules"));
  // The lock file is older than what was installed.
  utimesSync(join(clone, "package-lock.json"), 0, 0);
  const program = "process.stdout.write(process.argv.slice(2).join('|')); process.exitCode = 5;";
  writeFileSync(join(clone, "program.ts"), program);
  const { exitCode, stdout } = await bootstrap("program.ts", "--check", "two words");
  assert.equal(exitCode, 5);
  assert.equal(stdout, "--check|two words");
});
