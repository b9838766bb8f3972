/**
 * `npm run conformance`: every promise of an init, kept by us, tini and dumb-init side by side, and broken by a Node
 * that only starts a child. Exits 1 when ours misses one, or the negative control keeps one that it must miss.
 *   --only=COLUMN     one column           --match=TEXT   cases whose name holds the text
 *   --long            with the cases that take a minute
 *   --idle            instead: memory and CPU of each, idle for a minute
 */
import { parseArgs } from "node:util";
import { ensurePackages } from "../support/install/apt.ts";
import { ensureBuilt } from "../support/install/build.ts";
import { ensureRestic } from "../support/install/restic.ts";
import { type Case, judge, type Verdict } from "./case.ts";
import { CASES, FIGURE_CASES, LONG_CASES } from "./cases/index.ts";
import { COLUMNS, type Column } from "./columns.ts";
import { measureIdle } from "./idle.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    match: { type: "string", default: "" },
    long: { type: "boolean", default: false },
    idle: { type: "boolean", default: false },
  },
});

await ensureRestic();
await ensurePackages(["tini", "dumb-init", "unshare", "setpriv"]);
const columns = COLUMNS.filter((column) => options.only === undefined || options.only === column);
if (columns.includes("ours")) await ensureBuilt();
if (options.idle) await printIdle();
else process.exitCode = await printTable();

async function printTable(): Promise<number> {
  const cases = [...CASES, ...FIGURE_CASES, ...(options.long ? LONG_CASES : [])].filter(({ name }) =>
    name.includes(options.match),
  );
  const misses: string[] = [];
  console.log(line("case", columns));
  for (const each of cases) misses.push(...(await printRow(each)));
  for (const miss of misses) console.log(`\n${miss}`);
  console.log(`\n${cases.length} cases, ${misses.length} missed by ours or wrongly kept by the control`);
  return misses.length === 0 ? 0 : 1;
}

/** Judges a case in every column that has it, and prints the cells. @returns what was missed, in words */
async function printRow(each: Case): Promise<string[]> {
  const cells: string[] = [];
  const misses: string[] = [];
  for (const column of columns) {
    const verdict = each.columns.includes(column) ? await judge(each, column) : undefined;
    cells.push(cell(verdict));
    if (verdict === undefined || !isMiss(each, column, verdict)) continue;
    misses.push(`${column}: ${each.name}\n${verdict.kept ? "kept, but must be missed" : verdict.why}`);
  }
  console.log(line(each.name, cells));
  return misses;
}

function isMiss(each: Case, column: Column, verdict: Verdict): boolean {
  if (column === "ours") return !verdict.kept;
  return column === "node" && each.controlFails && verdict.kept;
}

function cell(verdict: Verdict | undefined): string {
  if (verdict === undefined) return "–";
  return verdict.kept ? "yes" : "NO";
}

function line(name: string, cells: readonly string[]): string {
  return `${name.padEnd(96)} ${cells.map((text) => text.padEnd(10)).join("")}`.trimEnd();
}

async function printIdle(): Promise<void> {
  for (const column of columns) {
    const { resident, own, cpu, seconds } = await measureIdle(column);
    const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
    console.log(
      `${column.padEnd(10)} resident ${megabytes(resident)}, of it its own ${megabytes(own)}; CPU ${cpu} ms in ${seconds} s`,
    );
  }
}
