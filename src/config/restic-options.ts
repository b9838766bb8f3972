import { splitCommand } from "./values.ts";

/** A backend's own option, such as s3.bucket-lookup=path: https://restic.readthedocs.io/en/stable/manual_rest.html */
const EXTENDED = /^[a-z0-9]+\.[a-z0-9-]+=[\s\S]+$/;
const NUMBER = /^\d{1,9}$/;
const FILE = /^[\s\S]+$/;

/**
 * The options that every command of restic takes and that decide only how it speaks with the repository, with what each
 * takes. Others could choose another repository or password, what is listed, or what it prints.
 */
const OPTIONS: Readonly<Record<string, RegExp>> = {
  "--option": EXTENDED,
  "--limit-upload": NUMBER,
  "--limit-download": NUMBER,
  "--pack-size": NUMBER,
  "--compression": /^(auto|off|max)$/,
  "--cacert": FILE,
  "--tls-client-cert": FILE,
};

const INSECURE_TLS = "--insecure-tls";

export type ParsedOptions = { readonly options: readonly string[] } | { readonly wrong: string };

/**
 * Reads REPLICATOR_RESTIC_OPTIONS, `-o sftp.args="-i /key" --limit-upload 500`, into arguments of the form
 * --name=value. Words are split without a shell; quotes keep white space.
 * @returns what is wrong with it, as the end of a sentence, when it cannot be used; values are not quoted in that
 */
export function parseResticOptions(text: string): ParsedOptions {
  if (text === "") return { options: [] };
  const words: string[] | undefined = splitCommand(text);
  if (words === undefined) return { wrong: "has a quote that is not closed" };
  const options: string[] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [name, attached] = nameAndValue(word);
    if (name === INSECURE_TLS && attached === undefined) {
      options.push(name);
      continue;
    }
    const shape = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (shape === undefined) return { wrong: `holds ${nameFor(name)}, which is not one of its options` };
    const value = attached ?? words.shift();
    if (value === undefined || !shape.test(value)) return { wrong: `has no fitting value for ${name}` };
    options.push(`${name}=${value}`);
  }
  return { options };
}

/** The names of all options, for advice. */
export const OPTION_NAMES = ["-o", ...Object.keys(OPTIONS), INSECURE_TLS].join(", ");

/** Takes -o NAME=VALUE, -oNAME=VALUE and --name=VALUE as restic does. */
function nameAndValue(word: string): [name: string, value: string | undefined] {
  if (/^-o/.test(word)) return ["--option", word === "-o" ? undefined : word.slice(2).replace(/^=/, "")];
  const [name = "", ...rest] = word.split("=");
  return [name, rest.length > 0 ? rest.join("=") : undefined];
}

/** A word that is no option is likely the end of a value without quotes, which can be a secret. */
function nameFor(name: string): string {
  return /^--?[a-z][a-z-]*$/.test(name) ? name : "a word that is no option";
}

const COUNT = /^[1-9]\d{0,5}$/;
/** restic's own form, such as 1y5m7d2h. */
const SPAN = /^(?=.)(\d+y)?(\d+m)?(\d+d)?(\d+h)?$/;
const TAGS = /^[^\s-]\S*$/;

/**
 * The options of `restic forget` that say what is kept, with what each takes:
 * https://restic.readthedocs.io/en/stable/060_forget.html
 */
const KEEP_OPTIONS: Readonly<Record<string, RegExp>> = {
  "--keep-last": COUNT,
  "--keep-hourly": COUNT,
  "--keep-daily": COUNT,
  "--keep-weekly": COUNT,
  "--keep-monthly": COUNT,
  "--keep-yearly": COUNT,
  "--keep-within": SPAN,
  "--keep-within-hourly": SPAN,
  "--keep-within-daily": SPAN,
  "--keep-within-weekly": SPAN,
  "--keep-within-monthly": SPAN,
  "--keep-within-yearly": SPAN,
  "--keep-tag": TAGS,
};

/**
 * Reads a policy as restic takes it, `--keep-last 30 --keep-daily=30 --prune`, into arguments of the form --name=value.
 * Nothing else gets through: another option could choose other snapshots than ours.
 * @returns no arguments for "off"; undefined when it is no policy, or keeps nothing
 */
export function parseKeepPolicy(text: string): readonly string[] | undefined {
  if (text.toLowerCase() === "off") return [];
  const words = text.split(/\s+/);
  const policy: string[] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--prune") {
      policy.push(word);
      continue;
    }
    const [name = "", ...rest] = word.split("=");
    const value = rest.length > 0 ? rest.join("=") : (words.shift() ?? "");
    if (!Object.hasOwn(KEEP_OPTIONS, name) || !KEEP_OPTIONS[name]?.test(value)) return undefined;
    policy.push(`${name}=${value}`);
  }
  return policy.some((argument) => argument.startsWith("--keep-")) ? policy : undefined;
}
