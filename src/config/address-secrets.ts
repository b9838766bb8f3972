import { isSecretName } from "./secret-names.ts";

/** A user without a password is a token from this length on, else a name that the log may hold. */
const SHORTEST_TOKEN = 16;

/** Settings whose address may come without a scheme: user:password@host. */
const SCHEMELESS = /^(NTFY_URL|(HTTP|HTTPS|ALL)_PROXY)$/i;

/**
 * What the addresses in a setting's value must not show: all between "://" and the last "@" (a password may hold "/",
 * "@" or white space that nobody has escaped), the password in it, and what of it a program takes for a host, a port or
 * a path then, and prints by itself. So do rclone's connection strings (`rclone::s3,secret_access_key=…:bucket`) and
 * query parameters (`?auth=…`) hold secrets.
 * @param name the setting
 */
export function addressSecrets(value: string, name = ""): string[] {
  const candidates = new Set([value, ...value.split(/\s+/)]);
  return [
    ...[...candidates].flatMap((text) => userInfos(text, name).flatMap(partsOf)),
    ...parameters(value),
  ].flatMap((secret) => [secret, decode(secret)]);
}

function userInfos(text: string, name: string): string[] {
  const scheme = text.indexOf("://");
  if (scheme < 0 && !SCHEMELESS.test(name)) return [];
  const start = scheme < 0 ? 0 : scheme + 3;
  const end = text.lastIndexOf("@");
  return end > start ? [text.slice(start, end)] : [];
}

function partsOf(userInfo: string): string[] {
  const [user = "", ...rest] = userInfo.split(":");
  if (rest.length === 0) return user.length >= SHORTEST_TOKEN ? [userInfo] : [];
  const password = rest.join(":");
  // "host:8000/path@x": a port and a path, more likely than a password whose parts may be shown nowhere.
  const isPort = /^\d+\//.test(password) && !password.includes("@");
  const fragments = /[/@?#\\]/.test(password) && !isPort ? password.split(/[/@?#\\:]/) : [];
  return [password, ...fragments];
}

/** Values of parameters that are named like secrets: name=value between commas, or in the query of an address. */
function parameters(value: string): string[] {
  const pairs = value.matchAll(/[,?&]([a-z][\w-]*)=("(?:[^"]|"")*"|'(?:[^']|'')*'|[^\s,&:]*)/gi);
  return [...pairs].flatMap(([, name = "", text = ""]) =>
    isSecretName(name.toUpperCase()) || name === "auth" ? unquote(text) : [],
  );
}

function unquote(text: string): string {
  const quote = /^["']/.exec(text)?.[0];
  return quote === undefined ? text : text.slice(1, -1).replaceAll(quote + quote, quote);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
