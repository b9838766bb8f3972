import { BlockList, isIP } from "node:net";
import { type CurlWords, readCurlWords } from "./curl-words.ts";
import type { NtfyConfig, WebhookConfig } from "./types.ts";

/** ntfy's own rule for the name of a topic: https://docs.ntfy.sh/publish/ and its server's topic pattern. */
const TOPIC = /^[-_A-Za-z0-9]{1,64}$/;

/** Ours: each notice has its own. By all the names that ntfy takes for them, as headers and in a query. */
const OURS = /^(x-)?(title|t|priority|prio|p|tags|tag|ta|message|m|markdown|md)$/i;

/** Headers that belong to the request itself. */
const OF_REQUEST = /^(content-(type|length)|host|connection|transfer-encoding)$/i;

const AUTHORIZATION = /^authorization$/i;

/** Named like something that nobody else may see. */
const SECRET = /auth|key|token|secret|pass|cookie/i;

/** Where notices go. */
export interface NtfyAddress {
  readonly target: NtfyConfig | WebhookConfig;
  /** Parts of the setting that are not honoured, by their names. */
  readonly ignored: readonly string[];
  readonly secrets: readonly string[];
}

/**
 * Takes an ntfy address apart: `ntfy.sh/topic`, `https://host/topic`, `http://host:1234/topic`,
 * `https://user:password@host/topic`. Without a scheme it is https, and on a private address http, as it always was.
 * A path before the topic stays part of the server; what does not end in a topic is a webhook. User and password become
 * Basic authorization (an empty user with an access token as password is what ntfy takes too), as does ntfy's `?auth=`.
 * Options of curl may stand around it: see `readCurlWords`.
 * @returns what is wrong with it, as the end of a sentence, when it cannot be used
 */
export function parseNtfyUrl(text: string): NtfyAddress | { wrong: string } {
  const words = readCurlWords(text);
  const url = words && toUrl(words.address);
  if (words === undefined || url === undefined) return { wrong: "is not an address" };
  if (url.protocol !== "https:" && url.protocol !== "http:") return { wrong: "is neither http nor https" };
  const folders = url.pathname.split("/").filter((part) => part !== "");
  const topic = folders.pop();
  if (topic === undefined) return { wrong: "names no topic" };
  const headers = readHeaders(words);
  const query = readQuery(url);
  const authorization =
    headers.authorization ?? query.authorization ?? basicOf(words.user) ?? basicOf(userOf(url));
  const shared = {
    authorization,
    ...(Object.keys(headers.others).length > 0 && { headers: headers.others }),
    ...(query.rest !== "" && { query: query.rest }),
  };
  return {
    target: TOPIC.test(topic)
      ? { server: [url.origin, ...folders].join("/"), topic, ...shared }
      : { url: `${url.origin}${url.pathname}`, ...shared },
    ignored: [...words.ignored, ...headers.ignored, ...query.ignored],
    secrets: [...secretsIn(authorization), ...headers.secrets, ...query.secrets],
  };
}

function toUrl(address: string): URL | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) return URL.canParse(address) ? new URL(address) : undefined;
  if (!URL.canParse(`http://${address}`)) return undefined;
  const url = new URL(`http://${address}`);
  return isPrivateHost(url.hostname) && url.port !== "443" ? url : new URL(`https://${address}`);
}

function readHeaders({ headers }: CurlWords) {
  const pairs = headers.map((line) => {
    const [, name = line, value = ""] = /^([^:]*):\s*(.*)$/s.exec(line) ?? [];
    return { name: name.trim(), value: value.trim() };
  });
  const isUsed = ({ name, value }: { name: string; value: string }) =>
    !OURS.test(name) && !OF_REQUEST.test(name) && isHeader(name, value);
  const used = pairs.filter(isUsed);
  const others = used.filter(({ name }) => !AUTHORIZATION.test(name));
  return {
    authorization: used.find(({ name }) => AUTHORIZATION.test(name))?.value,
    others: Object.fromEntries(others.map(({ name, value }) => [name, value])),
    // What is not the name of a header is not shown.
    ignored: pairs.filter((pair) => !isUsed(pair)).map(({ name }) => (isKnown(name) ? `-H ${name}` : "-H")),
    secrets: others.filter(({ name }) => SECRET.test(name)).map(({ value }) => value),
  };
}

function isKnown(name: string): boolean {
  return OURS.test(name) || OF_REQUEST.test(name) || AUTHORIZATION.test(name);
}

/** Whether it can be sent. An authorization has two words, of which the shell made two options. */
function isHeader(name: string, value: string): boolean {
  if (value === "" || (AUTHORIZATION.test(name) && !/^\S+ +\S/.test(value))) return false;
  try {
    return new Headers([[name, value]]).has(name);
  } catch {
    return false;
  }
}

/** The Authorization header that ntfy takes in a query, as base64 without padding, and what else there is. */
function readQuery({ searchParams }: URL) {
  const auth = searchParams.get("auth") ?? searchParams.get("authorization");
  const header = Buffer.from(auth ?? "", "base64url")
    .toString("utf8")
    .trim();
  const isHeaderOf = /^(Basic|Bearer) [\x21-\x7e]+$/i.test(header);
  const rest = [...searchParams].filter(
    ([name]) => !OURS.test(name) && !(isHeaderOf && /^auth(orization)?$/.test(name)),
  );
  return {
    authorization: isHeaderOf ? header : undefined,
    rest: new URLSearchParams(rest).toString(),
    ignored: [...searchParams.keys()].filter((name) => OURS.test(name)).map((name) => `?${name}=`),
    secrets: [auth ?? "", ...rest.filter(([name]) => SECRET.test(name)).map(([, value]) => value)],
  };
}

function userOf({ username, password }: URL): string | undefined {
  return username || password ? [username, password].map(decode).join(":") : undefined;
}

function basicOf(user: string | undefined): string | undefined {
  return user === undefined ? undefined : `Basic ${Buffer.from(user).toString("base64")}`;
}

/** The whole of it, and the password of a Basic one. */
function secretsIn(authorization: string | undefined): string[] {
  const [scheme = "", credentials = ""] = authorization?.split(" ") ?? [];
  if (scheme.toLowerCase() !== "basic") return [credentials];
  const [, password = ""] = /:(.*)$/s.exec(Buffer.from(credentials, "base64").toString("utf8")) ?? [];
  return [credentials, password];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Addresses that no public name leads to: https://www.iana.org/assignments/iana-ipv4-special-registry/ and -ipv6-. */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  PRIVATE.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::1", 128],
  ["fc00::", 7],
  ["fe80::", 10],
] as const)
  PRIVATE.addSubnet(network, bits, "ipv6");

/** Top-level names that are never public (RFC 6762, RFC 8375, ICANN's .internal), and those that home routers use. */
const PRIVATE_NAME = /(^|\.)(localhost|local|lan|internal|home|home\.arpa)$/;

/**
 * Whether a host is one of a private network, where servers seldom have a certificate: a private address, a name of one
 * part such as a container's, or one of a private top-level name.
 * @param host as URL.hostname has it
 */
export function isPrivateHost(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  const version = isIP(address);
  if (version !== 0) return PRIVATE.check(address, version === 6 ? "ipv6" : "ipv4");
  return !host.includes(".") || PRIVATE_NAME.test(host);
}
