import { type Environment, namesForRestic } from "./environment.ts";

/** Shorter ones would turn ordinary words of the log into stars. */
const SHORTEST_SECRET = 4;

/** What REPLICATOR_RESTIC_ENV names may be a switch: VAULT_SKIP_VERIFY=true. */
const SWITCH = /^(true|false|none|auto|null)$/i;

/**
 * Every secret in the environment: values of variables that are named like one, or that REPLICATOR_RESTIC_ENV gives to
 * restic's helpers, and what addresses hold (`scheme://user:password@host`), as written and decoded.
 */
export function secretsOf(env: Environment): string[] {
  const named = Object.entries(env).flatMap(([name, value]) => (isSecretName(name) ? value : []));
  const given = namesForRestic(env).flatMap((name) => env[name] ?? []);
  return worthHiding([
    ...named,
    ...given.filter((value) => !SWITCH.test(value)),
    ...Object.entries(env).flatMap(([name, value]) => addressSecrets(value, name)),
  ]);
}

/** Drops what is too short to hide, and repetitions; longest first, so that no part of a longer one stays behind. */
export function worthHiding(secrets: readonly string[]): string[] {
  const unique = new Set(secrets.map((secret) => secret.trim()).filter((s) => s.length >= SHORTEST_SECRET));
  return [...unique].sort((a, b) => b.length - a.length);
}

/** Names whose value is a secret, wherever they come from: RESTIC_PASSWORD, AWS_SECRET_ACCESS_KEY, ST_KEY, … */
const SECRET_NAME =
  /(^|_)(PASS|PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|KEY|KEY_PEM|APIKEY|SAS|SAS_URL|CREDENTIALS?|CONNECTION_STRING)(_?\d+|_ID)?$/;

/** Named like a secret, but the path of a file or a public name. */
const HARMLESS_NAME = /^((UPTIME_KUMA_)?SSL_KEY|GOOGLE_APPLICATION_CREDENTIALS)$/;

/** Whether a variable, or an option of rclone, of this name holds a secret. */
function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);
}

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

/** Shorter parts of a path are words rather than keys; hiding them would turn words of the log into stars. */
const SHORTEST_KEY = 16;

/**
 * What of the address of a ping or a webhook must not be seen: all of it, and the parts of its path that let others
 * ping, such as the token of a push monitor and the UUID of a check.
 */
export function secretsOfPing(url: string | undefined): string[] {
  if (url === undefined) return [];
  const { href, pathname, search } = new URL(url);
  const keys = pathname.split("/").filter((part) => part.length >= SHORTEST_KEY);
  const [, token = ""] = /\/push\/([^/]+)$/.exec(pathname) ?? [];
  return [url, href, search, token, ...keys];
}
