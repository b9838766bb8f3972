import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { execa } from "execa";
import { labFolder } from "../paths.ts";
import { PATIENCE } from "../wait.ts";
import { LabError } from "./lab-error.ts";
import { withLock } from "./lock.ts";
import { onPath } from "./on-path.ts";
import { step } from "./progress.ts";

/** The one release that is on npm as the real program with its web interface. */
const VERSION = "2.0.0-dev.0";
/** Its SQLite module compiles for about 75 s on two cores; milliseconds. */
const INSTALL_TIMEOUT = 12 * 60_000;

/**
 * A real Uptime Kuma to run: the tree in KUMA_DIR when that is set, else the npm package, installed once into .lab/.
 * Gives the tree's absolute path. Throws a LabError that says what to do.
 */
export async function ensureKuma(): Promise<string> {
  const chosen = process.env.KUMA_DIR;
  if (chosen) {
    if (!existsSync(join(chosen, "server/server.js")))
      throw new LabError(
        `KUMA_DIR is ${chosen}, but there is no server/server.js in it. Name the folder of an Uptime Kuma, or unset it.`,
      );
    return resolve(chosen);
  }
  const home = join(labFolder, `uptime-kuma-${VERSION}`);
  if (!existsSync(home))
    await withLock("kuma", async () => {
      if (!existsSync(home)) await installWhole(home, fillWithKuma);
    });
  return treeIn(home);
}

function treeIn(home: string): string {
  return join(home, "node_modules/uptime-kuma");
}

/**
 * Fills a folder beside `home` and renames it when all is there, so that an interrupted install never counts as one.
 */
export async function installWhole(home: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const part = join(dirname(home), `.part-${VERSION}`);
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  await fill(part);
  renameSync(part, home);
}

async function fillWithKuma(folder: string): Promise<void> {
  const missing = ["python3", "make", "g++"].filter((command) => onPath(command) === undefined);
  if (missing.length > 0)
    throw new LabError(
      `No compiler for Uptime Kuma's SQLite module: ${missing.join(", ")} not found. On Debian: apt-get install python3 make g++`,
    );
  // npm 11 runs a package's install script only when it is allowed by name; older ones ignore the entry.
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({
      private: true,
      dependencies: { "uptime-kuma": VERSION },
      allowScripts: { "@louislam/sqlite3": true },
    }),
  );
  await step(
    `installing Uptime Kuma ${VERSION} from npm; its SQLite module is compiled, about two minutes`,
    async () => {
      const done = await execa("npm", ["install", "--no-audit", "--no-fund", "--foreground-scripts"], {
        cwd: folder,
        timeout: INSTALL_TIMEOUT,
        stdin: "ignore",
        all: true,
        reject: false,
      });
      if (done.exitCode !== 0)
        throw new LabError(
          `npm could not install Uptime Kuma ${VERSION}:\n${(done.all ?? "").split("\n").slice(-15).join("\n")}`,
        );
    },
  );
  await requireNativeModule(folder);
  mendFirstBoot(treeIn(folder));
}

/** npm exits 0 when it skipped the install script, and Kuma would tell only when it starts. */
async function requireNativeModule(folder: string): Promise<void> {
  const probe = await execa(process.execPath, ["-e", "require('@louislam/sqlite3')"], {
    cwd: folder,
    timeout: PATIENCE,
    reject: false,
  });
  if (probe.exitCode !== 0)
    throw new LabError(`Uptime Kuma's SQLite module does not load:\n${probe.stderr.slice(-800)}`);
}

/** As published, this release's first boot exits 1: it looks for its old migrations in a folder that was left out. */
function mendFirstBoot(tree: string): void {
  for (const name of readdirSync(join(tree, "db")))
    if (/^patch-.*\.sql$/.test(name))
      copyFileSync(join(tree, "db", name), join(tree, "db/old_migrations", name));
}
