import type { Content, Row, Table, Value } from "../snapshot/index.ts";

/** One row with its values by column. */
export type NamedRow = Readonly<Record<string, Value>>;

/** What people call the rows of a content. */
export interface Names {
  /** `monitor "shop"`, `notification "Ops" of monitor "shop"`. */
  describe(table: string, row: NamedRow): string;
  /** The bare name of the row with this id; undefined when there is none. */
  find(table: string, id: Value): string | undefined;
}

/** The column that people know a row by, and what such a row is called. */
const ENTITIES: Readonly<Record<string, { noun: string; column: string }>> = {
  monitor: { noun: "monitor", column: "name" },
  notification: { noun: "notification", column: "name" },
  tag: { noun: "tag", column: "name" },
  status_page: { noun: "status page", column: "title" },
  group: { noun: "group", column: "name" },
  maintenance: { noun: "maintenance", column: "title" },
  incident: { noun: "incident", column: "title" },
  proxy: { noun: "proxy", column: "host" },
  docker_host: { noun: "docker host", column: "name" },
  user: { noun: "account", column: "username" },
  api_key: { noun: "API key", column: "name" },
  remote_browser: { noun: "remote browser", column: "name" },
};

/** Rows that only connect others. Kuma deletes and makes them anew at each save, so their ids mean nothing. */
const LINKS: Readonly<Record<string, { key: readonly string[]; describe(row: NamedRow, of: Of): string }>> = {
  monitor_tag: {
    key: ["monitor_id", "tag_id", "value"],
    describe: (row, of) =>
      `${of("tag", row.tag_id)}${row.value ? ` (${quote(String(row.value))})` : ""} of ${of("monitor", row.monitor_id)}`,
  },
  monitor_notification: {
    key: ["monitor_id", "notification_id"],
    describe: (row, of) => `${of("notification", row.notification_id)} of ${of("monitor", row.monitor_id)}`,
  },
  monitor_group: {
    key: ["monitor_id", "group_id"],
    describe: (row, of) => `${of("monitor", row.monitor_id)} in ${of("group", row.group_id)}`,
  },
  monitor_maintenance: {
    key: ["monitor_id", "maintenance_id"],
    describe: (row, of) => `${of("monitor", row.monitor_id)} in ${of("maintenance", row.maintenance_id)}`,
  },
  maintenance_status_page: {
    key: ["maintenance_id", "status_page_id"],
    describe: (row, of) =>
      `${of("maintenance", row.maintenance_id)} on ${of("status_page", row.status_page_id)}`,
  },
  status_page_cname: {
    key: ["status_page_id", "domain"],
    describe: (row, of) => `domain ${quote(String(row.domain))} of ${of("status_page", row.status_page_id)}`,
  },
};

type Of = (table: string, id: Value | undefined) => string;

/** A text in quotes on one line; what could control a terminal or the reading direction is written as \u…. */
export function quote(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export function namesIn({ tables }: Content): Names {
  const byId = new Map<string, ReadonlyMap<Value, string>>();
  for (const table of tables) {
    const column = ENTITIES[table.name]?.column;
    if (column === undefined) continue;
    const [id, name] = [table.columns.indexOf("id"), table.columns.indexOf(column)];
    byId.set(table.name, new Map(table.rows.map((row) => [row[id] ?? null, String(row[name] ?? "")])));
  }
  const find = (table: string, id: Value) => byId.get(table)?.get(id);
  const of: Of = (table, id) => {
    const name = find(table, id ?? null);
    const noun = ENTITIES[table]?.noun ?? table;
    return name === undefined ? `${noun} ${id}` : `${noun} ${quote(name)}`;
  };
  return {
    find,
    describe: (table, row) => LINKS[table]?.describe(row, of) ?? of(table, row.id),
  };
}

/** By importance, monitors first; what only connects others, and what is unknown, comes last. */
export function byImportance(a: string, b: string): number {
  const tables = Object.keys(ENTITIES);
  const rank = (table: string) => (Object.hasOwn(ENTITIES, table) ? tables.indexOf(table) : tables.length);
  return rank(a) - rank(b);
}

/** Whether rows of this table only connect others. */
export function isLink(table: string): boolean {
  return Object.hasOwn(LINKS, table);
}

/** What identifies a row of a table from one content to the next. */
export function keyOf(table: string, row: NamedRow): string {
  return (LINKS[table]?.key ?? ["id"]).map((column) => String(row[column])).join("\u0000");
}

export function rowsOf(table: Table): NamedRow[] {
  return table.rows.map((row) => toNamed(table, row));
}

export function toNamed({ columns }: Table, row: Row): NamedRow {
  return Object.fromEntries(columns.map((column, position) => [column, row[position] ?? null]));
}
