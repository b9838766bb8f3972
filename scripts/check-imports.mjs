// Fails on an import that scripts/import-rules.mjs does not allow, and where the table of folders in
// docs/architecture.md is not the one that those rules give.
// node scripts/check-imports.mjs [--write | --root FOLDER]
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { folders, outside } from "./import-rules.mjs";

const args = process.argv.slice(2);
const root = args.includes("--root")
  ? args[args.indexOf("--root") + 1]
  : dirname(dirname(fileURLToPath(import.meta.url)));
const RULES = "scripts/import-rules.mjs";
/** As Biome formats them, one statement each: import … from "x", export … from "x", import("x"), import "x". */
const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)"(\.{1,2}\/[^"]+)"/g;

/** Every import of our own files, as { file, target }, both relative to the root. */
function listImports() {
  return ["src", "test", "bench", "scripts"].flatMap((folder) => {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
    return names
      .filter((name) => /\.(ts|mjs)$/.test(name))
      .flatMap((name) => {
        const file = posix.join(folder, name);
        const text = readFileSync(join(root, file), "utf8");
        return [...text.matchAll(IMPORT)].map(([, path]) => ({
          file,
          target: posix.join(posix.dirname(file), path),
        }));
      });
  });
}

/** @returns a sentence that names the rule which an import breaks, or undefined */
function findFault({ file, target }) {
  const [from, to] = [areaOf(file), areaOf(target)];
  if (from === to) return undefined;
  if (!file.startsWith("src/")) {
    const allowed = outside[from] ?? [];
    const isAllowed = allowed.some((area) => area === to || (area === "src" && target.startsWith("src/")));
    return isAllowed ? undefined : `${from} may import only from ${[from, ...allowed].join(", ")}`;
  }
  if (!target.startsWith("src/")) return "src may not import from outside src";
  if (to === "src") return undefined;
  if (from === "src")
    return "the files directly in src are shared by all folders, so they may import none of them";
  if (folders[from] === undefined) return `src/${from} has no rule`;
  const { imports } = folders[from];
  if (imports !== "all" && !imports.includes(to))
    return `src/${from} may import only from ${imports.join(", ") || "no other folder"}`;
  if (folders[to] === undefined) return `src/${to} has no rule`;
  const { entries = ["index.ts"] } = folders[to];
  const door = target.slice(`src/${to}/`.length);
  return entries.includes(door) ? undefined : `src/${to} is entered only by ${entries.join(", ")}`;
}

/** The name of a folder of src/, "src" for a file directly in it, or the longest folder outside that has a rule. */
function areaOf(file) {
  const [top, folder] = file.split("/");
  if (top === "src") return folder.endsWith(".ts") ? "src" : folder;
  const known = Object.keys(outside).filter((area) => file.startsWith(`${area}/`));
  return known.sort((a, b) => b.length - a.length)[0] ?? top;
}

/** Rules that lead upwards or to nothing: with none of these the folders cannot form a circle. */
function findFaultsInRules() {
  const order = Object.keys(folders);
  return Object.entries(folders).flatMap(([name, { imports }]) =>
    imports === "all"
      ? []
      : imports
          .filter((other) => !order.slice(0, order.indexOf(name)).includes(other))
          .map((other) => `${RULES}: ${name} may not import ${other}, which does not stand above it`),
  );
}

const BEGIN = "<!-- folders: written by scripts/check-imports.mjs -->";
const END = "<!-- /folders -->";

function renderTable() {
  const rows = Object.entries(folders).map(([name, { holds, imports }]) => {
    const known = imports === "all" ? "all" : imports.join(", ") || "–";
    return `| \`src/${name}/\` | ${holds} | ${known} |`;
  });
  return [BEGIN, "", "| folder | what is in it | may import |", "|---|---|---|", ...rows, "", END].join("\n");
}

function checkTable() {
  const path = join(root, "docs/architecture.md");
  const text = readFileSync(path, "utf8");
  const [before, rest = ""] = text.split(BEGIN);
  const wanted = `${before}${renderTable()}${rest.split(END)[1] ?? ""}`;
  if (args.includes("--write")) writeFileSync(path, wanted);
  else if (text !== wanted)
    return [
      `docs/architecture.md: its table of folders is not that of ${RULES}. Run: node scripts/check-imports.mjs --write`,
    ];
  return [];
}

const faults = [
  ...findFaultsInRules(),
  ...listImports().flatMap((each) => {
    const fault = findFault(each);
    return fault === undefined ? [] : [`${each.file} imports ${each.target}: ${fault} (${RULES})`];
  }),
  ...(args.includes("--root") ? [] : checkTable()),
];
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
