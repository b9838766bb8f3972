import type { Content, Value } from "../snapshot/index.ts";

/**
 * The rows as SQL for SQLite, one INSERT each, in one transaction: to read, to search, to fill an empty database of
 * the same version of Kuma. Icons are not in it.
 */
export function* toSql({ tables }: Content): Generator<string> {
  yield "PRAGMA foreign_keys = OFF;\nBEGIN;\n";
  for (const { name, columns, rows } of tables) {
    const list = columns.map(identifier).join(", ");
    for (const row of rows)
      yield `INSERT INTO ${identifier(name)} (${list}) VALUES (${row.map(literal).join(", ")});\n`;
  }
  yield "COMMIT;\n";
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** https://www.sqlite.org/lang_expr.html#literal_values_constants_ */
function literal(value: Value): string {
  if (value === null) return "NULL";
  // -9223372036854775808 would be read as a real: minus, and a number that is one too large.
  if (typeof value === "bigint") return value === -(2n ** 63n) ? "(-9223372036854775807 - 1)" : String(value);
  if (typeof value === "number") return real(value);
  if (typeof value === "string") return text(value);
  return `x'${Buffer.from(value).toString("hex")}'`;
}

function real(value: number): string {
  if (Number.isNaN(value)) return "NULL";
  if (!Number.isFinite(value)) return value > 0 ? "9e999" : "-9e999";
  if (Object.is(value, -0)) return "-0.0";
  return Number.isInteger(value) ? `${BigInt(value)}.0` : String(value);
}

/** The shell of SQLite ends a statement at a NUL, wherever it stands. */
function text(value: string): string {
  const quoted = (part: string) => `'${part.replaceAll("'", "''")}'`;
  return value.split("\u0000").map(quoted).join(" || char(0) || ");
}
