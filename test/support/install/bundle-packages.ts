import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { labFolder, projectFolder } from "../paths.ts";
import { withLock } from "./lock.ts";

/** For tsx, by TSX_TSCONFIG_PATH: takes packages of hundreds of files from a bundle of each. */
export const BUNDLED_PACKAGES = join(projectFolder, "test/support/bundled-packages.json");

const MARKER = join(projectFolder, "node_modules/.package-lock.json");

/**
 * Makes the bundles that `bundled-packages.json` names. Under tsx each file that is imported costs two milliseconds,
 * most test files import some two hundred of these packages, and there are as many test files.
 */
export async function bundlePackages(): Promise<void> {
  const { compilerOptions } = JSON.parse(readFileSync(BUNDLED_PACKAGES, "utf8"));
  const packages = Object.keys(compilerOptions.paths);
  const outdir = join(labFolder, "packages");
  const isMade = (name: string) =>
    (statSync(join(outdir, `${name}.js`), { throwIfNoEntry: false })?.mtimeMs ?? 0) >=
    statSync(MARKER).mtimeMs;
  await withLock("packages", async () => {
    if (packages.every(isMade)) return;
    await build({
      entryPoints: packages,
      outdir,
      bundle: true,
      platform: "node",
      format: "esm",
      // execa's cross-spawn is CommonJS, and asks for Node's own modules.
      banner: {
        js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);',
      },
      logLevel: "warning",
    });
  });
}
