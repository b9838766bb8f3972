const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The longest time a Node timer can wait (2^31 - 1 ms, about 24.8 days); a longer one would fire at once. */
export const LONGEST_DURATION = 2 ** 31 - 1;

/**
 * A time as people write it: "300" (seconds), "500ms", "30s", "5m", "1h", "1d".
 * @returns milliseconds, or undefined when it is not one
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+)\s*(ms|[smhd]?)$/i.exec(text.trim());
  if (match === null) return undefined;
  const [, count = "", unit = ""] = match;
  return Number(count) * (UNITS[unit.toLowerCase() || "s"] ?? 1_000);
}
