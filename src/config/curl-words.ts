import { splitCommand } from "./command.ts";

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

/** Those that concern curl's own output and patience alone: nothing is lost without them. */
const OF_NO_CONCERN = new Set([
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
  const headers: string[] = [];
  const ignored: string[] = [];
  const others: string[] = [];
  let user: string | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    for (const { option, value } of optionsIn(word, words)) {
      if (option === undefined) others.push(value);
      else if (option === "-u" || option === "--user") user = value;
      else if (option === "-H" || option === "--header") headers.push(value);
      else if (option === "--oauth2-bearer") headers.push(`Authorization: Bearer ${value}`);
      else if (!OF_NO_CONCERN.has(option)) ignored.push(option);
    }
  }
  const address =
    others.find((word) => word.includes("://")) ?? others.find((word) => word.includes("/")) ?? others[0];
  return address === undefined ? undefined : { address, user, headers, ignored };
}

/** A word as an option with its value, or several short ones; option undefined: it is none. @param rest the words after it */
function optionsIn(word: string, rest: string[]): { option: string | undefined; value: string }[] {
  if (!/^-./.test(word)) return [{ option: undefined, value: word }];
  if (word.startsWith("--"))
    return [{ option: word, value: WITH_VALUE.has(word) ? (rest.shift() ?? "") : "" }];
  const found: { option: string; value: string }[] = [];
  for (let at = 1; at < word.length; at++) {
    const option = `-${word.charAt(at)}`;
    if (WITH_VALUE.has(option))
      return [...found, { option, value: word.slice(at + 1) || (rest.shift() ?? "") }];
    found.push({ option, value: "" });
  }
  return found;
}
