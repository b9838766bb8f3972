import * as z from "zod";
import { parseJson } from "../parse.ts";
import { failure, type Result, success } from "../result.ts";
import {
  decodeSnapshot,
  decodeValue,
  encodeSnapshot,
  encodeValue,
  SNAPSHOT_FORMAT,
  type Snapshot,
  type Table,
  type Value,
} from "../snapshot/index.ts";
import { withoutAdditions } from "./additions.ts";
import { aboutFile, type ExportProblem } from "./problems.ts";

const values = z.record(z.string(), z.unknown());
const shape = z.object({
  format: z.literal(SNAPSHOT_FORMAT),
  kumaVersion: z.string(),
  instance: z.object({ name: z.string(), id: z.string() }),
  createdAt: z.string(),
  tables: z.array(
    z.object({
      name: z.string(),
      columns: z.array(z.string()),
      owner: z.string().optional(),
      defaults: values.optional(),
      rows: z.array(values),
    }),
  ),
  files: z.array(z.object({ name: z.string(), base64: z.base64() })),
  omits: z.array(z.string()).optional(),
});

type Document = z.infer<typeof shape>;

/**
 * A snapshot as one JSON document that a person can read and edit: rows are objects, by column. Values have the form
 * that snapshots use, so nothing is lost.
 */
export function toDocument({ origin, content }: Snapshot): Document {
  return {
    format: SNAPSHOT_FORMAT,
    kumaVersion: origin.kumaVersion,
    instance: { name: origin.instanceName, id: origin.instanceId },
    createdAt: origin.createdAt,
    tables: content.tables.map(({ name, columns, owner, defaults, rows }) => ({
      name,
      columns: [...columns],
      owner,
      defaults: defaults && encodeAll(Object.entries(defaults)),
      rows: rows.map((row) => encodeAll(columns.map((column, position) => [column, row[position] ?? null]))),
    })),
    files: content.files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString("base64") })),
    omits: content.omits && [...content.omits],
  };
}

/**
 * The snapshot that an exported file holds, JSON or JSON Lines, also after a way through a terminal; everything in it
 * is checked, and problems speak of the file.
 */
export function fromFile(bytes: Uint8Array): Result<Snapshot, ExportProblem> {
  const text = withoutAdditions(bytes);
  if (!text.startsWith("{"))
    return failure({
      code: "file-no-export",
      message:
        text.trim() === "" ? "The file is empty." : "The file is not one that export wrote as jsonl or json.",
      advice: "Use a jsonl or json file from `replicator-kuma export`; its sql format is for SQLite only.",
    });
  const read = fromText(text);
  return read.ok ? read : failure(aboutFile(read.problem));
}

function fromText(text: string): Result<Snapshot, ExportProblem> {
  const json = parseJson(text);
  if (json === undefined) return decodeSnapshot(Buffer.from(text, "utf8"));
  const parsed = shape.safeParse(json);
  if (!parsed.success) return failure(wrong(parsed.error.issues[0]?.path.join(".") || "its form"));
  const snapshot = fromDocument(parsed.data);
  // Through the format's own checks: order, uniqueness, names of files.
  return snapshot.ok ? decodeSnapshot(Buffer.concat([...encodeSnapshot(snapshot.value)])) : snapshot;
}

function fromDocument({
  kumaVersion,
  instance,
  createdAt,
  tables,
  files,
  omits,
}: Document): Result<Snapshot, ExportProblem> {
  const decoded: Table[] = [];
  for (const each of tables) {
    const table = fromTable(each);
    if (!table.ok) return table;
    decoded.push(table.value);
  }
  const origin = { kumaVersion, instanceName: instance.name, instanceId: instance.id, createdAt };
  const icons = files.map(({ name, base64 }) => ({ name, bytes: Buffer.from(base64, "base64") }));
  const content = { tables: decoded, files: icons, ...(omits === undefined ? {} : { omits }) };
  return success({ origin, content });
}

function fromTable({
  name,
  columns,
  owner,
  defaults,
  rows,
}: Document["tables"][number]): Result<Table, ExportProblem> {
  const known = decodeAll(defaults ?? {});
  if (known === undefined) return failure(wrong(`${name}.defaults`));
  const list: Value[][] = [];
  for (const [index, row] of rows.entries()) {
    const named = decodeAll(row);
    const unknown = Object.keys(row).find((column) => !columns.includes(column));
    if (named === undefined || unknown !== undefined)
      return failure(wrong(`row ${index + 1} of ${name}${unknown ? `, column ${unknown}` : ""}`));
    list.push(columns.map((column) => named[column] ?? null));
  }
  return success({
    name,
    columns,
    ...(owner === undefined ? {} : { owner }),
    defaults: known,
    rows: list,
  });
}

function encodeAll(entries: readonly (readonly [string, Value])[]): Record<string, unknown> {
  return Object.fromEntries(entries.map(([name, value]) => [name, encodeValue(value)]));
}

function decodeAll(json: Record<string, unknown>): Record<string, Value> | undefined {
  const decoded: [string, Value][] = [];
  for (const [name, form] of Object.entries(json)) {
    const value = decodeValue(form);
    if (value === undefined) return undefined;
    decoded.push([name, value]);
  }
  return Object.fromEntries(decoded);
}

function wrong(what: string): ExportProblem {
  return {
    code: "import-invalid",
    message: `The file is JSON, but not an export of Replicator Kuma: ${what} is wrong.`,
    advice: "Use a file that `replicator-kuma export --format json` or `--format jsonl` wrote.",
  };
}
