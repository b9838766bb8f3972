import { execa } from "execa";
import { LabError } from "./lab-error.ts";
import { withLock } from "./lock.ts";
import { projectFolder } from "./paths.ts";

let built: Promise<void> | undefined;

/** Compiles src/ to dist/, once per process: what is run is what the image runs, and never an old build. */
export function ensureBuilt(): Promise<void> {
  built ??= withLock("build", async () => {
    const done = await execa("npm", ["run", "--silent", "build"], {
      cwd: projectFolder,
      all: true,
      reject: false,
      timeout: 120_000,
    });
    if (done.exitCode !== 0) throw new LabError(`The project does not compile:\n${done.all}`);
  });
  return built;
}
