// `npm run build`: src/ to dist/, with the packages of many files in it: loading some three hundred small files takes a
// quarter of a second of every start, and ten megabytes. The other packages stay outside: they are few files, and
// native or CommonJS, which counts on a folder of its own.
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const BUNDLED = ["execa", "zod"];

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { dependencies } = JSON.parse(readFileSync(at("package.json"), "utf8"));

rmSync(at("dist"), { recursive: true, force: true });
await build({
  entryPoints: {
    main: at("src/cli/main.ts"),
    // Threads and processes of their own find their program beside the chunk that starts them.
    worker: at("src/database/worker/worker.ts"),
    "read-bash-snapshot": at("src/bash-snapshots/program.ts"),
  },
  outdir: at("dist"),
  bundle: true,
  // What is imported only when it is needed stays a file of its own.
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20.18",
  external: Object.keys(dependencies).filter((name) => !BUNDLED.includes(name)),
  // execa's cross-spawn is CommonJS, and asks for Node's own modules.
  banner: {
    js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
