/** What an error says; that of its cause where there is one, since "fetch failed" tells nobody why. */
export function errorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}

/** The same with its stack, for what nobody expected. */
export function errorWithStack(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The code of a system call's error (ENOENT), or undefined. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/**
 * restic's short form of a snapshot's id, and ours of a hash; behind what says where it is from ("bash-", "imported-").
 */
export function shortId(id: string): string {
  return /^(?:(?:bash|imported)-)?.{0,8}/.exec(id)?.[0] ?? id;
}

/** In seconds. */
const UNITS = [
  { name: "day", plural: "days", length: 86_400 },
  { name: "h", plural: "h", length: 3_600 },
  { name: "min", plural: "min", length: 60 },
  { name: "s", plural: "s", length: 1 },
] as const;

/**
 * A length of time for people, in one unit, or in two where the first is small: "0.4 s", "40 s", "3 min 20 s", "12
 * min", "2 h 5 min", "3 days".
 */
export function formatDuration(milliseconds: number): string {
  const tenths = Math.max(0, Math.round(milliseconds / 100));
  if (tenths < 100) return `${tenths / 10} s`;
  const seconds = Math.round(milliseconds / 1_000);
  const index = UNITS.findIndex(({ length }) => seconds >= length);
  const [unit, finer] = UNITS.slice(index);
  if (unit === undefined) return `${seconds} s`;
  const count = Math.floor(seconds / unit.length);
  const first = `${count} ${count === 1 ? unit.name : unit.plural}`;
  const rest = finer === undefined ? 0 : Math.floor((seconds % unit.length) / finer.length);
  return finer === undefined || rest === 0 || count >= 10 ? first : `${first} ${rest} ${finer.name}`;
}
