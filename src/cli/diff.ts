import type { Config } from "../config/index.ts";
import { compare, describeRow } from "../diff/index.ts";
import { describeOwn } from "../events/index.ts";
import { shortId } from "../format.ts";
import { type Result, success } from "../result.ts";
import { countDifferences, describeChanges } from "../snapshot/index.ts";
import {
  EXIT,
  type JsonOption,
  jsonOption,
  newCommand,
  printProblems,
  READING_EXIT_CODES,
  withConfig,
} from "./command.ts";
import { openSources, readContent } from "./sources.ts";
import { paint, printJson, printLine } from "./terminal.ts";

/** With --exit-code those of diff(1) and cmp(1): 1 is an answer then, and every failure is 2. */
const DIFFERS = 1;
const TROUBLE = 2;

interface Options extends JsonOption {
  readonly exitCode?: boolean;
}

export function diffCommand() {
  return newCommand(
    "diff",
    "Show what differs between Uptime Kuma and a snapshot, or between two snapshots.",
    [
      'Shows what differs, in words: monitor "shop" url: "https://a" → "https://b". A and B are `live` (Uptime Kuma as it is now), `latest`, or the first digits of a snapshot\'s id. Without any: from the latest snapshot to live, so what was changed here since then. With A alone: from A to live.',
      "Of passwords, tokens, keys, headers, bodies and notification settings it shows only that they changed, never what they contain.",
      READING_EXIT_CODES,
      {
        title: "Exit codes with --exit-code",
        terms: [
          ["0", "nothing differs"],
          ["1", "something differs"],
          ["2", "failed, wrong use, or wrong settings"],
        ],
      },
      {
        title: "Examples",
        commands: [
          "docker exec kuma replicator-kuma diff",
          "docker exec kuma replicator-kuma diff 4f1c2a latest",
          "docker exec kuma replicator-kuma diff 4f1c2a --json",
          "docker exec kuma replicator-kuma diff --exit-code > /dev/null || echo edited",
        ],
      },
    ],
  )
    .argument("[A]", "from: live, latest or an id", "latest")
    .argument("[B]", "to: live, latest or an id", "live")
    .option("--exit-code", "end with 1 when something differs, as diff(1) does")
    .addOption(jsonOption())
    .action((a: string, b: string, options: Options) =>
      withConfig(options, async (config) => {
        const shown = await showDifferences(config, [a, b], options);
        if (shown.ok || !options.exitCode) return shown;
        printProblems([shown.problem], options, config.secrets);
        return success(TROUBLE);
      }),
    );
}

async function showDifferences(
  config: Config,
  [a, b]: readonly [string, string],
  { json, exitCode }: Options,
): Promise<Result<number>> {
  const sources = openSources(config);
  const from = await readContent(sources, a);
  if (!from.ok) return from;
  const to = await readContent(sources, b);
  if (!to.ok) return to;
  const changes = compare(from.value.content, to.value.content);
  const code = exitCode && changes.length > 0 ? DIFFERS : EXIT.ok;
  if (json) {
    const { tables, files } = to.value.content;
    const rows = Object.fromEntries([
      ...tables.map((each) => [each.name, each.rows.length]),
      ["file", files.length],
    ]);
    printJson({ from: from.value.name, to: to.value.name, rows, changes });
    return success(code);
  }
  for (const line of changes.flatMap(describeRow)) printLine(line);
  const counts = countDifferences(from.value.content, to.value.content);
  const summary = changes.length === 0 ? "no differences" : describeChanges(counts);
  printLine(paint("dim", `${nameOf(from.value.name)} → ${nameOf(to.value.name)}: ${summary}`));
  const own = [a, b].includes("live") ? await sources.database.readOwn() : undefined;
  const kept = own?.ok ? describeOwn({ ...own.value, values: 0 }) : [];
  if (kept.length > 0) printLine(paint("dim", `live has of its own, not compared: ${kept.join("; ")}`));
  return success(code);
}

function nameOf(name: string): string {
  return name === "live" ? "live" : `snapshot ${shortId(name)}`;
}
