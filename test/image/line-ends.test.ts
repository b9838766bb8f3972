import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { onPath } from "../support/install/on-path.ts";
import { projectFolder } from "../support/paths.ts";
import { PATIENCE } from "../support/wait.ts";

/** What is executed, hashed or read by another program than ours, here or in the image. */
const PARTS = [
  ...["docker", "patches", "scripts", ".ci", "test/fixtures", "Dockerfile", "docker-compose.yml"],
  ...["package.json", "package-lock.json", ".env.example", "docker/restic-password.example"],
];

const folder = mkdtempSync(join(tmpdir(), "replicator-line-ends-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** These parts as a clone of them has them on Windows, where Git turns LF into CRLF unless told otherwise. */
function cloneOnWindows(name: string, parts: readonly string[]): string {
  const origin = join(folder, `${name}-origin`);
  const clone = join(folder, name);
  const git = (cwd: string, ...args: string[]) =>
    execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", ...args], {
      cwd,
      stdio: "pipe",
      timeout: PATIENCE,
      // Nothing of the machine's own settings.
      env: { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: "1" },
    });
  for (const part of parts) cpSync(join(projectFolder, part), join(origin, part), { recursive: true });
  git(origin, "init", "--quiet");
  git(origin, "add", "--all", "--force");
  git(origin, "commit", "--quiet", "--message=all");
  git(folder, "clone", "--quiet", "--config=core.autocrlf=true", origin, clone);
  return clone;
}

function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => (name === ".git" ? [] : filesIn(join(path, name))));
}

function hasCarriageReturns(path: string): boolean {
  return readFileSync(path).includes("\r\n");
}

describe("a clone on Windows", { skip: onPath("git") === undefined && "no git here" }, () => {
  it("has every file as it is here", () => {
    const clone = cloneOnWindows("with", [...PARTS, ".gitattributes"]);
    for (const part of PARTS)
      for (const file of filesIn(join(projectFolder, part))) {
        const there = join(clone, file.slice(projectFolder.length));
        assert.ok(readFileSync(there).equals(readFileSync(file)), file);
      }
  });

  it("would not without .gitattributes", () => {
    const clone = cloneOnWindows("without", ["docker"]);
    assert.ok(hasCarriageReturns(join(clone, "docker/replicator-kuma")));
  });
});
