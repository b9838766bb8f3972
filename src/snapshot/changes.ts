import type { Fingerprint } from "./hash.ts";

/** How many rows of a table differ between two contents. */
export interface TableCounts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

/** Table name (or "file" for uploaded files) to its counts; tables without a difference are left out. */
export type ChangeCounts = Readonly<Record<string, TableCounts>>;

/** The same by name, the first few: `monitor "Shop" edited`. None: no names are known. */
export interface NamedChanges {
  readonly first: readonly string[];
  /** How many there are besides. */
  readonly more: number;
}

/** What a row of each table is called, one and many; in the order in which changes are told. */
const NOUNS: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["monitor", ["monitor", "monitors"]],
  ["notification", ["notification", "notifications"]],
  ["monitor_notification", ["notification assignment", "notification assignments"]],
  ["tag", ["tag", "tags"]],
  ["monitor_tag", ["tag assignment", "tag assignments"]],
  ["status_page", ["status page", "status pages"]],
  ["status_page_cname", ["status page domain", "status page domains"]],
  ["group", ["status page group", "status page groups"]],
  ["monitor_group", ["status page entry", "status page entries"]],
  ["maintenance", ["maintenance window", "maintenance windows"]],
  ["monitor_maintenance", ["maintenance assignment", "maintenance assignments"]],
  ["maintenance_status_page", ["maintenance notice", "maintenance notices"]],
  ["incident", ["incident", "incidents"]],
  ["proxy", ["proxy", "proxies"]],
  ["docker_host", ["docker host", "docker hosts"]],
  ["remote_browser", ["remote browser", "remote browsers"]],
  ["user", ["account", "accounts"]],
  ["api_key", ["API key", "API keys"]],
  ["file", ["uploaded icon", "uploaded icons"]],
]);

/** How many rows and files were added, removed and changed from `before` to `after`. */
export function countChanges(before: Fingerprint, after: Fingerprint): ChangeCounts {
  const tables = new Set([...Object.keys(before), ...Object.keys(after)]);
  const counted = [...tables].map((table): [string, TableCounts] => [
    table,
    countTable(before[table], after[table]),
  ]);
  return Object.fromEntries(counted.filter(([, counts]) => hasChanges(counts)));
}

/**
 * For people: by name where those are few, "monitor "Shop" edited"; else "12 monitors added, 1 tag changed; among them"
 * and the first names; "no changes" when there are none.
 */
export function describeChanges(counts: ChangeCounts, named?: NamedChanges): string {
  const phrases = phraseChanges(counts, named).join(", ") || "no changes";
  return named === undefined || named.more === 0
    ? phrases
    : `${phrases}; among them ${named.first.join(", ")}`;
}

/** What `describeChanges` says, phrase by phrase, without the names that are only examples. */
export function phraseChanges(counts: ChangeCounts, named?: NamedChanges): string[] {
  if (named !== undefined && named.more === 0 && named.first.length > 0) return [...named.first];
  const known = [...NOUNS.keys()].filter((table) => Object.hasOwn(counts, table));
  const unknown = Object.keys(counts).filter((table) => !NOUNS.has(table));
  return [...known, ...unknown].flatMap((table) => describeTable(table, counts[table]));
}

/** What a content holds, for people: "12 monitors", "1 tag". @param rows table name (or "file") to how many */
export function describeRows(rows: Readonly<Record<string, number>>): string[] {
  const known = [...NOUNS.keys()].filter((table) => Object.hasOwn(rows, table));
  const unknown = Object.keys(rows).filter((table) => !NOUNS.has(table));
  return [...known, ...unknown].flatMap((table) => {
    const count = rows[table] ?? 0;
    return count === 0 ? [] : [`${count} ${nounOf(table, count)}`];
  });
}

function countTable(before: Fingerprint[string] = {}, after: Fingerprint[string] = {}): TableCounts {
  const kept = Object.keys(after).filter((id) => Object.hasOwn(before, id));
  return {
    added: Object.keys(after).length - kept.length,
    removed: Object.keys(before).length - kept.length,
    changed: kept.filter((id) => before[id] !== after[id]).length,
  };
}

function hasChanges({ added, removed, changed }: TableCounts): boolean {
  return added + removed + changed > 0;
}

function describeTable(table: string, counts: TableCounts | undefined): string[] {
  if (!counts) return [];
  const phrase = (count: number, verb: string) =>
    count === 0 ? [] : [`${count} ${nounOf(table, count)} ${verb}`];
  return [
    ...phrase(counts.added, "added"),
    ...phrase(counts.removed, "removed"),
    ...phrase(counts.changed, "changed"),
  ];
}

function nounOf(table: string, count: number): string {
  const [one, many] = NOUNS.get(table) ?? [`${table} row`, `${table} rows`];
  return count === 1 ? one : many;
}
