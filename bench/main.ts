/**
 * `npm run bench`: measures what matters to those who run it, each figure beside a reference taken in the same run.
 * Prints a table and writes bench/results.json. Takes about two hours; wants the machine for itself, and root.
 *   --match=TEXT   only measures whose name holds the text
 *   --json=FILE    where the results go, bench/results.json by default
 * KUMA_DIR names another Uptime Kuma than the npm package's, which is a pre-release: without it nothing is applied live.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensurePackages } from "../test/support/install/apt.ts";
import { ensureBuilt } from "../test/support/install/build.ts";
import { ensureKuma } from "../test/support/install/kuma.ts";
import { step } from "../test/support/install/progress.ts";
import { ensureRestic } from "../test/support/install/restic.ts";
import { projectFolder } from "../test/support/paths.ts";
import type { Figure } from "./figure.ts";
import { describeMachine } from "./machine.ts";
import { measures } from "./measures/index.ts";
import { renderTable } from "./table.ts";

const { values: options } = parseArgs({
  options: {
    match: { type: "string", default: "" },
    json: { type: "string", default: join(projectFolder, "bench/results.json") },
  },
});

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
await ensureRestic();
await ensurePackages(["rclone", "sqlite3", "mariadbd", "unshare", "setpriv"]);
await ensureKuma();
await ensureBuilt();

const machine = await describeMachine();
const figures: Figure[] = [];
for (const { name, measure } of measures.filter((each) => each.name.includes(options.match))) {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  figures.push(...(await step(name, () => measure(folder))));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
writeFileSync(options.json, `${JSON.stringify({ machine, figures }, undefined, 2)}\n`);
console.log(`\n${machine}\n\n${renderTable(figures)}`);
const missed = figures.filter(({ reached }) => reached === false);
console.log(missed.length === 0 ? "\nEvery goal was reached." : `\nNot reached: ${missed.length}`);
process.exit(0);
