import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";

test("the health check loads no package but dotenv, since it runs every minute", async () => {
  const { metafile } = await build({
    entryPoints: ["src/cli/health.ts"],
    ...{ bundle: true, platform: "node", format: "esm", packages: "external", write: false, metafile: true },
  });
  const loaded = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  assert.deepEqual([...new Set(loaded)].filter((path) => !path.startsWith("node:")).sort(), ["dotenv"]);
});
