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
