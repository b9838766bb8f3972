import Database from "better-sqlite3";
import type { Value } from "../../snapshot/index.ts";

/** How a column stores what it is given; follows from its declared type. */
export type Affinity = "INTEGER" | "REAL" | "NUMERIC" | "TEXT" | "BLOB";

const NUMBER_IN_TEXT = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** Stays empty but for the value in question; opened at the first that needs it. */
let scratch: Database.Database | undefined;

/**
 * The value as a column of this affinity would store it: the same column is VARCHAR in one version of Kuma and
 * BOOLEAN in the next, so that '0' becomes 0, and a comparison without this would find a difference for ever.
 */
export function applyAffinity(value: Value, affinity: Affinity): Value {
  return isUnaffected(value, affinity) ? value : store(value, affinity);
}

/**
 * By affinity and expression. A schema has some hundred defaults and few different ones, and is read in every cycle;
 * a statement of the scratch database lives until the garbage is collected.
 */
const knownDefaults = new Map<string, Value | undefined>();

/**
 * The value of a column's DEFAULT when it is a constant; undefined when it is an expression such as DATETIME('now').
 */
export function constantDefault(expression: string, affinity: Affinity): Value | undefined {
  const key = `${affinity} ${expression}`;
  if (!knownDefaults.has(key)) knownDefaults.set(key, evaluate(expression, affinity));
  return knownDefaults.get(key);
}

function evaluate(expression: string, affinity: Affinity): Value | undefined {
  const isConstant = /^(null|true|false|[+-]?\d+(\.\d+)?|'([^']|'')*')$/i.test(expression);
  if (!isConstant) return undefined;
  const value = openScratch().prepare<[], Value>(`SELECT ${expression}`).pluck().get();
  return applyAffinity(value ?? null, affinity);
}

/** https://www.sqlite.org/datatype3.html, 3.1: the first rule that fits. */
export function affinityOf(declaredType: string): Affinity {
  if (/INT/i.test(declaredType)) return "INTEGER";
  if (/CHAR|CLOB|TEXT/i.test(declaredType)) return "TEXT";
  if (declaredType === "" || /BLOB/i.test(declaredType)) return "BLOB";
  return /REAL|FLOA|DOUB/i.test(declaredType) ? "REAL" : "NUMERIC";
}

/** Decides the common cases without SQLite: a million values pass here. */
function isUnaffected(value: Value, affinity: Affinity): boolean {
  if (value === null || typeof value === "object" || affinity === "BLOB") return true;
  if (typeof value === "string") return affinity === "TEXT" || !NUMBER_IN_TEXT.test(value);
  if (typeof value === "bigint") return affinity === "INTEGER" || affinity === "NUMERIC";
  return affinity === "REAL";
}

/** SQLite converts by many small rules; asking it is the only exact answer. */
function store(value: Value, affinity: Affinity): Value {
  const db = openScratch();
  db.prepare(`UPDATE scratch SET ${affinity}_column = ?`).run(value);
  return db.prepare<[], Value>(`SELECT ${affinity}_column FROM scratch`).pluck().get() ?? null;
}

function openScratch(): Database.Database {
  if (scratch) return scratch;
  scratch = new Database(":memory:");
  scratch.defaultSafeIntegers(true);
  scratch.exec(`
    CREATE TABLE scratch (INTEGER_column INTEGER, REAL_column REAL, NUMERIC_column NUMERIC, TEXT_column TEXT);
    INSERT INTO scratch DEFAULT VALUES;
  `);
  return scratch;
}
