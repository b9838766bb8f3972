import * as z from "zod";
import { type Result, success } from "../result.ts";
import { isSafeFileName, SNAPSHOT_FORMAT } from "./format.ts";
import { invalid, newerFormat, type SnapshotProblem } from "./problems.ts";
import type { Value } from "./types.ts";
import { decodeValue } from "./values.ts";

const count = z.int().nonnegative();
const name = z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/);

const headerShape = z.strictObject({
  format: z.literal(SNAPSHOT_FORMAT),
  kumaVersion: z.string(),
  instance: z.strictObject({ name: z.string(), id: z.string() }),
  createdAt: z.iso.datetime(),
  tables: z.array(
    z.strictObject({
      name,
      columns: z.array(z.string().min(1)),
      owner: z.string().optional(),
      defaults: z.record(z.string(), z.unknown()).optional(),
      rows: count,
    }),
  ),
  files: z.array(
    z.strictObject({
      name: z.string().refine(isSafeFileName),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      size: count,
    }),
  ),
  omits: z.array(name).optional(),
});

export type Header = z.infer<typeof headerShape>;
export type TableHeader = Header["tables"][number];

/** Line 1, checked: shape, order, uniqueness and names. A newer format is told from a wrong header. */
export function decodeHeader(json: unknown): Result<Header, SnapshotProblem> {
  const format = z.looseObject({ format: z.int() }).safeParse(json);
  if (format.success && format.data.format > SNAPSHOT_FORMAT) return newerFormat(format.data.format);
  const parsed = headerShape.safeParse(json);
  if (!parsed.success)
    return invalid(`its header has a wrong ${parsed.error.issues[0]?.path.join(".") || "form"}`);
  const header = parsed.data;
  if (new Set(header.tables.map((table) => table.name)).size < header.tables.length) {
    return invalid("its header names a table twice");
  }
  const wrong = header.tables.find((table) => !hasRightColumns(table));
  if (wrong) return invalid(`the columns of table ${wrong.name} are not in order`);
  if (!isAscending(header.files.map((file) => file.name))) return invalid("its files are not in order");
  return success(header);
}

/** The values of a table's `defaults`; undefined when one of them is not a value. */
export function decodeDefaults(json: Record<string, unknown>): Record<string, Value> | undefined {
  const defaults: [string, Value][] = [];
  for (const [column, form] of Object.entries(json)) {
    const value = decodeValue(form);
    if (value === undefined) return undefined;
    defaults.push([column, value]);
  }
  return Object.fromEntries(defaults);
}

function hasRightColumns({ columns, owner, defaults }: TableHeader): boolean {
  const named = [...(owner === undefined ? [] : [owner]), ...Object.keys(defaults ?? {})];
  return (
    isAscending(columns) &&
    columns.includes("id") &&
    owner !== "id" &&
    named.every((column) => columns.includes(column))
  );
}

/** True when each name is greater than the one before it, so that none comes twice. */
function isAscending(names: readonly string[]): boolean {
  return names.every((current, index) => index === 0 || current > (names[index - 1] ?? ""));
}
