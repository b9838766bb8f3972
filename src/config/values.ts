import { isIP } from "node:net";
import type { ListenAddress } from "./types.ts";

// Values as people write them. Without the schema of all settings: the health check loads this every minute.

/** A run of quoted parts and characters that are neither quotes nor white space. */
const WORD = /(?:"[^"]*"|'[^']*'|[^\s"'])+/g;

/**
 * Splits a command into its words at white space; "double" and 'single' quotes keep white space inside a word.
 * No shell is involved: nothing is expanded, and a backslash is an ordinary character.
 * @returns undefined when there is no word, or a quote is not closed
 */
export function splitCommand(text: string): [string, ...string[]] | undefined {
  const leftOver = text.replaceAll(WORD, "").trim();
  if (leftOver !== "") return undefined;
  const words = text.match(WORD) ?? [];
  const [program, ...args] = words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  return program ? [program, ...args] : undefined;
}

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

/** host:port, [IPv6]:port, or :port. */
const ADDRESS = /^(?:\[(?<six>[^\]]+)\]|(?<host>[^\s:/@[\]]*)):(?<port>\d{1,5})$/;
const HOST_NAME = /^(?!-)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/;

/**
 * Where to listen: `127.0.0.1:3080`, `localhost:3080`, `[::1]:3080`, or `:3080` for every address of the machine.
 * @returns undefined when it is no such address
 */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const { six, host = "", port } = ADDRESS.exec(text)?.groups ?? {};
  const number = Number(port);
  if (port === undefined || number < 1 || number > 65_535) return undefined;
  if (six !== undefined) return isIP(six) === 6 ? { host: six, port: number } : undefined;
  if (host === "") return { host: undefined, port: number };
  // Four numbers that are no address, such as 127.0.0.256, would pass for a name.
  const isHost = /^[\d.]+$/.test(host) ? isIP(host) === 4 : HOST_NAME.test(host);
  return isHost ? { host, port: number } : undefined;
}
