import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { projectFolder } from "../paths.ts";
import { PATIENCE } from "../wait.ts";
import { LabError } from "./lab-error.ts";
import { withLock } from "./lock.ts";

/** Written last, so that its time is that of a whole build. */
const STAMP = join(projectFolder, "dist/.built");

let built: Promise<void> | undefined;

/**
 * Builds dist/ out of src/ when something in it is newer than the last build: what is run is what the image runs, and
 * never an old build. Nor is it built without need: that empties the folder first, under whoever is just starting the
 * program.
 */
export function ensureBuilt(): Promise<void> {
  built ??= withLock("build", async () => {
    if (newestSource() > timeOf(STAMP)) await build();
  });
  return built;
}

async function build(): Promise<void> {
  rmSync(STAMP, { force: true });
  const done = await execa("npm", ["run", "--silent", "build"], {
    cwd: projectFolder,
    all: true,
    reject: false,
    timeout: PATIENCE,
  });
  if (done.exitCode !== 0) throw new LabError(`The project does not compile:\n${done.all}`);
  writeFileSync(STAMP, "");
}

function newestSource(): number {
  const sources = readdirSync(join(projectFolder, "src"), { recursive: true, encoding: "utf8" });
  const settings = ["scripts/build.mjs", "tsconfig.json", "package-lock.json"];
  return Math.max(
    ...[...sources.map((name) => join("src", name)), ...settings].map((name) =>
      timeOf(join(projectFolder, name)),
    ),
  );
}

/** When a file was last changed, milliseconds since 1970; 0 when it is not there. */
function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
