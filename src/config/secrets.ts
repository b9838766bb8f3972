import type { Environment } from "./environment.ts";

/** Shorter ones would turn ordinary words of the log into stars. */
const SHORTEST_SECRET = 4;

/** Names whose value is a secret, wherever they come from: RESTIC_PASSWORD, AWS_SECRET_ACCESS_KEY, ST_KEY, … */
const SECRET_NAME =
  /(^|_)(PASS|PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|KEY|APIKEY|SAS|CREDENTIALS?)(_?\d+|_ID)?$/;

/** Named like a secret, but the path of a file or a public name. */
const HARMLESS_NAME = /^((UPTIME_KUMA_)?SSL_KEY|GOOGLE_APPLICATION_CREDENTIALS)$/;

/**
 * Every secret in the environment: values of variables that are named like one, and passwords inside addresses
 * (`scheme://user:password@host`), as written and decoded.
 */
export function secretsOf(env: Environment): string[] {
  const named = Object.entries(env)
    .filter(([name]) => SECRET_NAME.test(name) && !HARMLESS_NAME.test(name))
    .map(([, value]) => value);
  return worthHiding([...named, ...Object.values(env).flatMap(passwordsInAddresses)]);
}

/** Drops what is too short to hide, and repetitions; longest first, so that no part of a longer one stays behind. */
export function worthHiding(secrets: readonly string[]): string[] {
  const unique = new Set(secrets.map((secret) => secret.trim()).filter((s) => s.length >= SHORTEST_SECRET));
  return [...unique].sort((a, b) => b.length - a.length);
}

/** Passwords inside any addresses in `text`. */
export function passwordsInAddresses(text: string): string[] {
  const found = [...text.matchAll(/:\/\/[^\s/@:]*:([^\s/@]+)@/g)].flatMap(([, password = ""]) => password);
  return found.flatMap((password) => [password, decode(password)]);
}

/**
 * Replaces every secret, and the user and password of any address, by stars.
 * @param secrets longest first, as `worthHiding` gives them
 */
export function redact(text: string, secrets: readonly string[]): string {
  const hidden = secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
  return hidden.replaceAll(/:\/\/[^\s/@]+@/g, "://***@");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
