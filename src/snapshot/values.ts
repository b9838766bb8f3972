import type { Value } from "./types.ts";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const SAFE_MIN = BigInt(Number.MIN_SAFE_INTEGER);
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** JSON has one kind of number and no bytes: what it cannot tell apart goes into an object with one key. */
export type JsonValue =
  | null
  | string
  | number
  | { readonly i: string }
  | { readonly r: number | string }
  | { readonly b: string };

/** The lossless JSON form of a stored value; each value has exactly one form. */
export function encodeValue(value: Value): JsonValue {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "bigint") return isSafe(value) ? Number(value) : { i: value.toString() };
  if (typeof value === "number") return { r: hasJsonForm(value) ? value : nameOf(value) };
  return { b: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
}

/** The value of a JSON form; undefined for anything that `encodeValue` does not give. */
export function decodeValue(json: unknown): Value | undefined {
  if (json === null || typeof json === "string") return json;
  if (typeof json === "number")
    return Number.isSafeInteger(json) && hasJsonForm(json) ? BigInt(json) : undefined;
  if (typeof json !== "object" || Array.isArray(json)) return undefined;
  const [entry, ...others] = Object.entries(json);
  if (entry === undefined || others.length > 0) return undefined;
  const [kind, content]: [string, unknown] = entry;
  if (kind === "i") return decodeInteger(content);
  if (kind === "r") return decodeReal(content);
  if (kind === "b") return decodeBytes(content);
  return undefined;
}

function decodeInteger(content: unknown): bigint | undefined {
  if (typeof content !== "string" || !/^-?[1-9]\d{15,18}$/.test(content)) return undefined;
  const value = BigInt(content);
  return isSafe(value) || value < INT64_MIN || value > INT64_MAX ? undefined : value;
}

function decodeReal(content: unknown): number | undefined {
  if (typeof content === "number") return hasJsonForm(content) ? content : undefined;
  return [-0, Infinity, -Infinity, NaN].find((value) => nameOf(value) === content);
}

function decodeBytes(content: unknown): Uint8Array | undefined {
  if (typeof content !== "string") return undefined;
  const bytes = Buffer.from(content, "base64");
  // Node skips what is not base64; only the canonical text comes back equal.
  return bytes.toString("base64") === content ? bytes : undefined;
}

function isSafe(value: bigint): boolean {
  return value >= SAFE_MIN && value <= SAFE_MAX;
}

function hasJsonForm(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function nameOf(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
