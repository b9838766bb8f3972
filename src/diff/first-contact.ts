import { type Content, type Table, withoutOmitted } from "../snapshot/index.ts";
import { namesIn, rowsOf } from "./names.ts";

/** What somebody made here and a snapshot does not have, each in words: `monitor "shop"`. */
export type Lost = readonly string[];

/** How a database without a record of ours stands to the first snapshot that is to be applied to it. */
export type FirstContact =
  /** It is a copy of what the snapshot holds, or nobody has configured it: it is applied to, as ever. */
  | { readonly kind: "follower"; readonly lost: Lost }
  /** It is somebody's own: nothing is applied unless a person says so. */
  | { readonly kind: "stranger"; readonly lost: Lost };

/** What says what a row is: what people call it, and the rest. */
interface Identity {
  readonly label: string;
  readonly rest: readonly string[];
}

/**
 * What people make by hand, and the columns that say what it is. Not its id: every Uptime Kuma counts from 1. What only
 * hangs on one of these (links, groups of a status page, incidents) goes and stays with it. Monitors come first, also
 * in messages. A monitor is its type, its name and its target, which each type keeps in columns of its own.
 */
const IDENTITIES: ReadonlyMap<string, Identity> = new Map([
  [
    "monitor",
    {
      label: "name",
      rest: [
        ...["type", "url", "hostname", "port", "push_token", "docker_container", "grpc_url"],
        ...["database_connection_string", "mqtt_topic", "game", "system_service_name", "snmp_oid"],
        ...["kafka_producer_brokers", "kafka_producer_topic", "rabbitmq_nodes"],
      ],
    },
  ],
  ["notification", { label: "name", rest: ["config"] }],
  ["status_page", { label: "slug", rest: ["title"] }],
  ["maintenance", { label: "title", rest: [] }],
  ["tag", { label: "name", rest: ["color"] }],
  ["proxy", { label: "host", rest: ["protocol", "port"] }],
  ["docker_host", { label: "name", rest: ["docker_daemon"] }],
  ["remote_browser", { label: "name", rest: ["url"] }],
]);

/**
 * Distinguishes a follower from a stranger. A follower is a database of which more than half of the monitors are the
 * snapshot's own: a replica of the bash version whose image was changed, or a volume that was put back. The primary may
 * have gone on meanwhile, so not all need be known; two independent Uptime Kumas have next to none in common. Exactly
 * half is asked about: a question costs less than a loss. Where there is no monitor, the rest of what people make
 * decides by the same rule. Where there are any they decide alone: a tag "production" is quickly the same by chance.
 */
export function meet(here: Content, snapshot: Content): FirstContact {
  const all = compareAll(here, snapshot);
  const monitors = all.filter(({ table, count }) => table === "monitor" && count > 0);
  const deciding = monitors.length > 0 ? monitors : all;
  const count = deciding.reduce((sum, each) => sum + each.count, 0);
  const unknown = deciding.reduce((sum, each) => sum + each.unknown.length, 0);
  const isStranger = unknown > 0 && unknown * 2 >= count;
  return isStranger
    ? { kind: "stranger", lost: all.flatMap((each) => each.unknown) }
    : { kind: "follower", lost: all.flatMap((each) => each.gone) };
}

/** What people made that is in one content and not in the other, in words. */
export function listUnknown(here: Content, there: Content): Lost {
  return compareAll(here, there).flatMap(({ unknown }) => unknown);
}

type NamedRow = ReturnType<typeof rowsOf>[number];

interface Comparison {
  readonly table: string;
  /** Rows here. */
  readonly count: number;
  /** Those that the other content does not have. */
  readonly unknown: Lost;
  /** Without those that it has under the same id, edited: in a copy an id does mean something. */
  readonly gone: Lost;
}

function compareAll(here: Content, there: Content): Comparison[] {
  const names = namesIn(here);
  const sides = [withoutOmitted(here, there), withoutOmitted(there, here)];
  return [...IDENTITIES].map(([name, { label, rest }]) => {
    const [mine, theirs] = sides.map(({ tables }) => tables.find((table) => table.name === name));
    // Another release of Uptime Kuma may lack a column: that says nothing about what a row is.
    const shared = rest.filter((column) => [mine, theirs].every((table) => has(table, column)));
    const keyOf = (row: NamedRow) => identify(row, [label, ...shared]);
    const known = new Set(readRows(theirs).map(keyOf));
    const byId = new Map(readRows(theirs).map((row) => [row.id, row]));
    const isEdited = (row: NamedRow) => {
      const other = byId.get(row.id ?? null);
      const isSame = (columns: readonly string[]) =>
        other !== undefined && columns.length > 0 && identify(row, columns) === identify(other, columns);
      return isSame([label]) || isSame(shared);
    };
    const describe = (row: NamedRow) => names.describe(name, row);
    const unknown = readRows(mine).filter((row) => !known.has(keyOf(row)));
    return {
      table: name,
      count: mine?.rows.length ?? 0,
      unknown: unknown.map(describe),
      gone: unknown.filter((row) => !isEdited(row)).map(describe),
    };
  });
}

function readRows(table: Table | undefined): NamedRow[] {
  return table === undefined ? [] : rowsOf(table);
}

function has(table: Table | undefined, column: string): boolean {
  return table === undefined || table.columns.includes(column);
}

/** The same text for two rows that agree in these columns; nothing and an empty text are one. */
function identify(row: NamedRow, columns: readonly string[]): string {
  return JSON.stringify(columns.map((column) => String(row[column] ?? "")));
}
