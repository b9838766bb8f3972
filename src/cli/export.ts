import { Option } from "commander";
import { toDocument, toSql } from "../export/index.ts";
import { success } from "../result.ts";
import { encodeSnapshot, type Snapshot } from "../snapshot/index.ts";
import { EXIT, newCommand, READING_EXIT_CODES, withConfig } from "./command.ts";
import { openSources, readContent } from "./sources.ts";
import { printToStderr } from "./terminal.ts";

const TO_TERMINAL = `Warning: this goes to a terminal, which changes the line ends, and it contains every password.
For a file: docker compose exec -T (docker exec without -t) … replicator-kuma export > kuma.jsonl`;

const WRITERS = {
  jsonl: (snapshot: Snapshot) => encodeSnapshot(snapshot),
  json: (snapshot: Snapshot) => [`${JSON.stringify(toDocument(snapshot), undefined, 2)}\n`],
  sql: ({ content }: Snapshot) => toSql(content),
};

export function exportCommand() {
  return newCommand("export", "Write the configuration to standard output.", [
    "Writes the configuration to standard output: that of Uptime Kuma as it is now, or that of a snapshot (`latest`, or the first digits of an id). It contains every password: store it as safely as one.",
    {
      title: "Formats",
      terms: [
        ["jsonl", "the snapshots' own format, with a checksum; for `import`"],
        ["json", "one document, to read and to edit; for `import`"],
        ["sql", "INSERT statements for SQLite, without the icons; not for `import`"],
      ],
    },
    "A terminal changes what passes through it, so use `docker compose exec` with -T, and `docker exec` without -t.",
    READING_EXIT_CODES,
    {
      title: "Examples",
      commands: [
        "docker exec kuma replicator-kuma export > kuma.jsonl",
        "docker compose exec -T kuma replicator-kuma export > kuma.jsonl",
        "docker exec kuma replicator-kuma export latest --format json | jq '.tables[] | .name'",
      ],
    },
  ])
    .argument("[SOURCE]", "live, latest or a snapshot's id", "live")
    .addOption(
      new Option("-f, --format <format>", "how to write it")
        .choices(["jsonl", "json", "sql"])
        .default("jsonl"),
    )
    .addOption(new Option("--json", "the same as --format json").implies({ format: "json" }))
    .action((source: string, { format }: { format: keyof typeof WRITERS }) =>
      // Without the form of failures for programs: what is on standard output is the configuration, or nothing.
      withConfig({}, async (config) => {
        const sources = openSources(config);
        const read = await readContent(sources, source);
        if (!read.ok) return read;
        const origin = {
          kumaVersion: sources.kumaVersion,
          instanceName: config.instanceName,
          instanceId: "export",
          createdAt: new Date().toISOString(),
        };
        if (process.stdout.isTTY) printToStderr(TO_TERMINAL);
        const snapshot = { origin: read.value.origin ?? origin, content: read.value.content };
        for (const part of WRITERS[format](snapshot)) process.stdout.write(part);
        return success(EXIT.ok);
      }),
    );
}
