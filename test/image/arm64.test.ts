import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import * as z from "zod";
import { projectFolder } from "../support/paths.ts";

const lock = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      dev: z.boolean().optional(),
      cpu: z.array(z.string()).optional(),
      os: z.array(z.string()).optional(),
      hasInstallScript: z.boolean().optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

it("every native package of the program has a build for arm64, or is compiled", () => {
  const { packages } = lock.parse(JSON.parse(readFileSync(join(projectFolder, "package-lock.json"), "utf8")));
  const isFor = (name: string, cpu: string) => {
    const { os, cpu: cpus } = packages[`node_modules/${name}`] ?? {};
    return os?.includes("linux") === true && cpus?.includes(cpu) === true;
  };
  const native = Object.entries(packages).filter(
    ([path, each]) => path !== "" && !each.dev && (each.hasInstallScript || each.optionalDependencies),
  );
  const found = native.map(([path, { optionalDependencies = {} }]) => {
    const ready = Object.keys(optionalDependencies);
    // What is built for x64 must be built for arm64, too; what is built for nothing is compiled where it is installed.
    const isReady = ready.some((name) => isFor(name, "arm64"));
    const isCompiled = ready.length === 0 && existsSync(join(projectFolder, path, "binding.gyp"));
    return [path.replace("node_modules/", ""), isReady ? "ready" : isCompiled ? "compiled" : "MISSING"];
  });
  assert.deepEqual(Object.fromEntries(found), { "better-sqlite3": "compiled", koffi: "ready" });
});
