// `npm run build`: src/ to dist/, with the packages in it. Bundled, because loading some three hundred small files takes
// a quarter of a second of every start and ten megabytes. Native modules stay outside: they find their own files.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const dist = fileURLToPath(new URL("../dist", import.meta.url));

rmSync(dist, { recursive: true, force: true });
await build({
  entryPoints: { main: fileURLToPath(new URL("../src/cli/main.ts", import.meta.url)) },
  outdir: dist,
  bundle: true,
  // What is imported only when it is needed stays a file of its own.
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20.17",
  external: ["better-sqlite3", "koffi"],
  // Some packages are CommonJS, and ask for Node's own modules.
  banner: {
    js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
