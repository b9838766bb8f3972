import { splitCommand } from "./values.ts";

/** What the words around an address ask for, in curl's options. */
export interface CurlWords {
  readonly address: string;
  /** `user:password` of -u. */
  readonly user: string | undefined;
  /** Header lines of -H, `Name: value`, and what --oauth2-bearer makes of its token. */
  readonly headers: readonly string[];
  /** Options that curl would have honoured and we do not. */
  readonly ignored: readonly string[];
}

/** curl's options that take a value in the next word, as far as they are of any use with one address. */
const WITH_VALUE = new Set([
  ...["-H", "--header", "-u", "--user", "--oauth2-bearer"],
  ...["-o", "--output", "-w", "--write-out", "-m", "--max-time", "--connect-timeout", "-X", "--request"],
  ...["--retry", "--retry-delay", "--retry-max-time", "-A", "--user-agent", "-d", "--data", "--data-raw"],
  ...["-x", "--proxy", "-U", "--proxy-user", "--cacert", "--capath", "-E", "--cert", "--key", "--interface"],
  ...["--resolve", "-b", "--cookie", "-e", "--referer", "-K", "--config", "-F", "--form", "-T"],
]);

/** Those that we read, and those that concern curl's own output and patience alone: nothing is lost without them. */
const HONOURED = new Set([
  ...["-H", "--header", "-u", "--user", "--oauth2-bearer"],
  ...["-o", "--output", "-w", "--write-out", "-m", "--max-time", "--connect-timeout", "-X", "--request"],
  ...["--retry", "--retry-delay", "--retry-max-time", "--retry-connrefused", "-A", "--user-agent"],
  ...["-s", "--silent", "-S", "--show-error", "-f", "--fail", "-v", "--verbose", "-L", "--location"],
  ...["-i", "--include", "-N", "--no-buffer", "-4", "--ipv4", "-6", "--ipv6", "--compressed"],
]);

/**
 * An address as the bash version took it: it gave NTFY_URL to curl unquoted, so options could stand around the address.
 * https://curl.se/docs/manpage.html
 * @returns undefined when there is no address among the words
 */
export function readCurlWords(text: string): CurlWords | undefined {
  // The shell did not read quotes in a value; whoever wrote some meant them.
  const words: string[] = splitCommand(text) ?? text.split(/\s+/);
  const given: Option[] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift())
    given.push(...optionsIn(word, words));
  const others = given.flatMap(({ option, value }) => (option === undefined ? value : []));
  const address =
    others.find((word) => word.includes("://")) ?? others.find((word) => word.includes("/")) ?? others[0];
  if (address === undefined) return undefined;
  return {
    address,
    user: given.findLast(({ option }) => option === "-u" || option === "--user")?.value,
    headers: given.flatMap(headersOf),
    ignored: given.flatMap(({ option }) => (option === undefined || HONOURED.has(option) ? [] : option)),
  };
}

/** A word, or one of the options in it with its value; option undefined: it is none. */
interface Option {
  readonly option: string | undefined;
  readonly value: string;
}

function headersOf({ option, value }: Option): string[] {
  if (option === "-H" || option === "--header") return [value];
  return option === "--oauth2-bearer" ? [`Authorization: Bearer ${value}`] : [];
}

/**
 * What is in a word: an option, several short ones, or none.
 * @param rest the words after it, which may hold its value
 */
function optionsIn(word: string, rest: string[]): Option[] {
  if (!/^-./.test(word)) return [{ option: undefined, value: word }];
  if (word.startsWith("--"))
    return [{ option: word, value: WITH_VALUE.has(word) ? (rest.shift() ?? "") : "" }];
  const found: Option[] = [];
  for (let at = 1; at < word.length; at++) {
    const option = `-${word.charAt(at)}`;
    if (WITH_VALUE.has(option))
      return [...found, { option, value: word.slice(at + 1) || (rest.shift() ?? "") }];
    found.push({ option, value: "" });
  }
  return found;
}
