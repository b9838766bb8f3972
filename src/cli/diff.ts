import { compare, describeRow } from "../diff/index.ts";
import { shortId } from "../format.ts";
import { success } from "../result.ts";
import { countChanges, describeChanges, fingerprint, withoutOmitted } from "../snapshot/index.ts";
import { EXIT, EXIT_HELP, newCommand, withConfig } from "./command.ts";
import { openSources, readContent } from "./sources.ts";
import { paint, printJson, printLine } from "./terminal.ts";

const HELP = `
Shows what differs, in words: monitor "shop" url: "https://a" → "https://b".
A and B are \`live\` (Uptime Kuma as it is now), \`latest\`, or the first digits of a
snapshot's id. Without any: from the latest snapshot to live, so what was changed here
since then. With A alone: from A to live.
Of passwords, tokens, keys, headers, bodies and notification settings it shows only that
they changed, never what they contain.
${EXIT_HELP.replace(/\n {2}3 .*/, "")}

Examples:
  docker exec kuma replicator-kuma diff
  docker exec kuma replicator-kuma diff 4f1c2a latest
  docker exec kuma replicator-kuma diff 4f1c2a --json`;

export function diffCommand() {
  return newCommand(
    "diff",
    "Show what differs between Uptime Kuma and a snapshot, or between two snapshots.",
    HELP,
  )
    .argument("[A]", "from: live, latest or an id", "latest")
    .argument("[B]", "to: live, latest or an id", "live")
    .option("--json", "for programs")
    .action((a: string, b: string, { json }: { json?: boolean }) =>
      withConfig(async (config) => {
        const sources = openSources(config);
        const from = await readContent(sources, a);
        if (!from.ok) return from;
        const to = await readContent(sources, b);
        if (!to.ok) return to;
        const changes = compare(from.value.content, to.value.content);
        if (json) {
          printJson({ from: from.value.name, to: to.value.name, changes });
          return success(EXIT.ok);
        }
        for (const line of changes.flatMap(describeRow)) printLine(line);
        const [before, after] = [from.value.content, to.value.content];
        const counts = countChanges(
          fingerprint(withoutOmitted(before, after)),
          fingerprint(withoutOmitted(after, before)),
        );
        const summary = changes.length === 0 ? "no differences" : describeChanges(counts);
        printLine(paint("dim", `${nameOf(from.value.name)} → ${nameOf(to.value.name)}: ${summary}`));
        return success(EXIT.ok);
      }),
    );
}

function nameOf(name: string): string {
  return name === "live" ? "live" : `snapshot ${shortId(name)}`;
}
