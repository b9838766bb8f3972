import { addressSecrets } from "./address-secrets.ts";
import type { Environment } from "./environment.ts";
import { namesForRestic } from "./restic-env.ts";
import { isSecretName } from "./secret-names.ts";

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
