import type { Environment } from "./environment.ts";
import { readFileOf } from "./files.ts";
import type { Lenient, Mistake } from "./mistake.ts";
import type { NtfyAddress } from "./ntfy-url.ts";
import type { NtfyConfig, WebhookConfig } from "./types.ts";

/** Where notices go, with the right to. */
export interface Notices {
  readonly ntfy: NtfyConfig | undefined;
  readonly webhook: WebhookConfig | undefined;
  /** Of address and token. */
  readonly secrets: readonly string[];
}

/**
 * The address of NTFY_URL with the token of NTFY_TOKEN or NTFY_TOKEN_FILE. What contradicts itself is decided: a token
 * wins over a user in the address, and NTFY_TOKEN over a file.
 */
export function readNotices(
  address: NtfyAddress | undefined,
  env: Environment,
  cwd: string,
): Lenient<Notices> {
  const token = readToken(env, cwd);
  if (address === undefined)
    return {
      value: { ntfy: undefined, webhook: undefined, secrets: secretsIn(token.value) },
      mistakes: token.mistakes,
    };
  const mistakes = [...token.mistakes, ...unheard(address)];
  const both = token.value !== undefined && address.target.authorization !== undefined;
  if (both)
    mistakes.push({
      code: "setting-invalid",
      message: "NTFY_URL holds a user and password, and NTFY_TOKEN is set, too.",
      instead: "The token is used.",
      advice: "Keep one of them.",
    });
  const target =
    token.value === undefined
      ? address.target
      : { ...address.target, authorization: `Bearer ${token.value}` };
  return {
    value: {
      ntfy: "topic" in target ? target : undefined,
      webhook: "url" in target ? target : undefined,
      secrets: [...address.secrets, ...secretsIn(token.value)],
    },
    mistakes,
  };
}

function readToken(env: Environment, cwd: string): Lenient<string | undefined> {
  const token = env.NTFY_TOKEN?.trim() || undefined;
  if (!env.NTFY_TOKEN_FILE) return { value: token, mistakes: [] };
  if (token !== undefined) {
    const message = "NTFY_TOKEN and NTFY_TOKEN_FILE are both set.";
    const instead = "NTFY_TOKEN is used.";
    return {
      value: token,
      mistakes: [{ code: "setting-invalid", message, instead, advice: "Keep one of them." }],
    };
  }
  const read = readFileOf("NTFY_TOKEN_FILE", env, cwd);
  if (read.ok) return { value: read.value, mistakes: [] };
  return { value: undefined, mistakes: [{ ...read.problem, instead: "Notices are sent without a token." }] };
}

function unheard({ ignored }: NtfyAddress): Mistake[] {
  if (ignored.length === 0) return [];
  return [
    {
      code: "setting-invalid",
      message: `NTFY_URL asks for ${[...new Set(ignored)].join(", ")}, which is not honoured.`,
      instead: "Notices are sent without it.",
      advice:
        "Remove it; HTTPS_PROXY names a proxy, NODE_EXTRA_CA_CERTS a certificate authority of your own.",
    },
  ];
}

function secretsIn(token: string | undefined): string[] {
  return token === undefined ? [] : [token];
}

/**
 * The topic by which replicas are woken. A replica that is to be woken through ntfy needs one to listen to, and a
 * primary one to tell.
 */
export function readWake(
  isWanted: boolean,
  { ntfy, webhook }: Pick<Notices, "ntfy" | "webhook">,
  env: Environment,
): Lenient<NtfyConfig | undefined> {
  if (!isWanted) return { value: undefined, mistakes: [] };
  // An address that is wrong was told of as such.
  if (ntfy !== undefined || (webhook === undefined && env.NTFY_URL?.trim()))
    return { value: ntfy, mistakes: [] };
  const why = webhook === undefined ? "is not set" : "names no ntfy topic";
  return {
    value: undefined,
    mistakes: [
      {
        code: "setting-invalid",
        message: `REPLICATOR_WAKE is ntfy, but NTFY_URL ${why}.`,
        instead: "No replica is woken; each looks at its interval.",
        advice: "Set NTFY_URL, on all instances to the same topic, or leave REPLICATOR_WAKE unset.",
      },
    ],
  };
}
