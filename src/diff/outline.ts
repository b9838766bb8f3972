import { createHash } from "node:crypto";
import { type Content, type NamedChanges, type Table, writeRow } from "../snapshot/index.ts";
import { SAVE_TIMES } from "./columns.ts";
import { byImportance, isLink, keyOf, type Names, namesIn, quote, toNamed } from "./names.ts";

/** What people call a row, a short hash of what is in it, and whether it is active, where rows of its table can be. */
type Entry = readonly [label: string, hash: string, ...active: readonly number[]];

/**
 * Table name (or "file") to what identifies a row there to its entry: enough to name later what has changed, without
 * keeping the rows. Plain JSON; of the values of a row it holds the name alone, which is no secret.
 */
export type Outline = Readonly<Record<string, Readonly<Record<string, Entry>>>>;

/** In a message; the others are counted. */
const MOST_NAMED = 5;

/** Enough to tell a change from none. */
const HASH_LENGTH = 8;

/** Row by row: all of them as objects would take several times the memory of the content. */
export function outlineOf(content: Content): Outline {
  const names = namesIn(content);
  const tables = content.tables.map((table) => [table.name, outlineTable(table, names)] as const);
  const icons = content.files.map(
    ({ name, bytes }) => [name, [`icon ${quote(name)}`, shortHash(bytes)]] as const,
  );
  const files = content.omits?.includes("file") ? [] : [["file", Object.fromEntries(icons)] as const];
  return Object.fromEntries([...tables, ...files]);
}

function outlineTable(table: Table, names: Names): Record<string, Entry> {
  const hashed = table.columns
    .filter((name) => name !== "id" && name !== "active" && name !== table.owner && !SAVE_TIMES.has(name))
    .sort();
  const entries: Record<string, Entry> = {};
  for (const row of table.rows) {
    const named = toNamed(table, row);
    let key = keyOf(table.name, named);
    while (key in entries) key += "\u0000again";
    const hash = shortHash(writeRow(hashed.map((column) => named[column] ?? null)));
    const label = names.describe(table.name, named);
    const { active } = named;
    entries[key] = active === undefined || active === null ? [label, hash] : [label, hash, Number(active)];
  }
  return entries;
}

interface Change {
  readonly label: string;
  readonly words: string;
  readonly isLink: boolean;
  /** The whole row came or went, so what connects it says nothing more. */
  readonly isWhole: boolean;
}

/**
 * What differs, in a few names: `monitor "Shop" renamed to "Store"`, `notification "Ops" edited`. Connections come
 * last, and those of a row that came or went are not told. Tables that one side does not have are left out.
 * @param tables of which to tell; left out: of all
 */
export function nameChanges(
  before: Outline,
  after: Outline,
  tables: Iterable<string> = Object.keys(after),
): NamedChanges {
  const all = [...tables].sort(byImportance).flatMap((table) => {
    const [old, now] = [before[table], after[table]];
    return old === undefined || now === undefined ? [] : compareEntries(table, old, now);
  });
  const whole = all.filter(({ isLink, isWhole }) => isWhole && !isLink).map(({ label }) => label);
  const rows = all.filter(({ isLink }) => !isLink);
  const links = all.filter(({ isLink, label }) => isLink && !whole.some((name) => label.includes(name)));
  const told = [...rows, ...links].map(({ words }) => words);
  return { first: told.slice(0, MOST_NAMED), more: Math.max(0, told.length - MOST_NAMED) };
}

function compareEntries(table: string, before: Outline[string], after: Outline[string]): Change[] {
  const link = isLink(table);
  const change = (label: string, words: string, isWhole = false): Change => ({
    label,
    words: `${label} ${words}`,
    isLink: link,
    isWhole,
  });
  const removed = Object.entries(before).filter(([key]) => !Object.hasOwn(after, key));
  return [
    ...Object.entries(after).flatMap(([key, entry]) => {
      const former = before[key];
      if (former === undefined) return [change(entry[0], "added", true)];
      const words = describeEdit(former, entry, link);
      return words === undefined ? [] : [change(former[0], words)];
    }),
    ...removed.map(([, [label]]) => change(label, "removed", true)),
  ];
}

/** undefined: nothing. A connection bears the names of what it connects, so its own never changes. */
function describeEdit(before: Entry, after: Entry, link: boolean): string | undefined {
  const [name, hash, active] = after;
  if (name !== before[0] && !link) return `renamed to ${name.slice(name.indexOf('"'))}`;
  if (active !== before[2] && (active === 0 || active === 1)) return active === 0 ? "paused" : "resumed";
  return hash === before[1] ? undefined : "edited";
}

function shortHash(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex").slice(0, HASH_LENGTH);
}
