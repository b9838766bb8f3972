import type { Value } from "../snapshot/index.ts";

/**
 * A column that holds the id of a row of another replicated table, and what it means when there is no such row, as
 * after a deletion by hand with foreign keys off, the default of the sqlite3 shell:
 * - `row goes`: Kuma reads the row only by way of that other row, and deletes the two together;
 * - `becomes NULL`: Kuma goes on without it, and writes NULL itself when it deletes the other row.
 */
export interface CatalogReference {
  readonly column: string;
  readonly parent: string;
  readonly dangling: "row goes" | "becomes NULL";
}

/** One replicated table of Kuma's database; the key of each is `id`. */
export interface CatalogTable {
  readonly name: string;
  /** The column that names the owning account (a row of `user`), which differs between instances. */
  readonly owner?: string;
  /** The owner is none of them: an account differs between instances. */
  readonly references?: readonly CatalogReference[];
  /** The column that holds a time zone, or "same as server": see zone.ts. */
  readonly zone?: string;
  /** Columns that Kuma writes by itself while it runs: neither read nor applied. */
  readonly selfWritten?: readonly string[];
  /** True when versions that are still in use lack the table. */
  readonly optional?: boolean;
  /**
   * Values that mean nothing to a Kuma that lacks the column, although the schema's default is another: Kuma's own
   * form writes them into every new monitor (`monitorDefaults` in src/pages/EditMonitor.vue of 2.5.3).
   */
  readonly unset?: Readonly<Record<string, readonly Value[]>>;
  /**
   * What a row is known by beside its id, where something that is not replicated hangs on the id: each aspect is one
   * column, or several of which any tells. See `isAnother`.
   */
  readonly aspects?: readonly (readonly string[])[];
  /** Aspects of few values: that two rows agree in one is telling only where their ids have a common history. */
  readonly weakAspects?: readonly (readonly string[])[];
}

/**
 * What a monitor watches, whatever its type (server/monitor-types of 2.5.3). Settings of a check, such as a topic, are
 * not in it.
 */
const MONITOR_TARGET: readonly string[] = [
  ...["url", "hostname", "grpc_url", "docker_container", "database_connection_string", "push_token"],
  ...["kafka_producer_brokers", "rabbitmq_nodes", "system_service_name"],
];

function goesWith(column: string, parent: string): CatalogReference {
  return { column, parent, dangling: "row goes" };
}

function nullWithout(column: string, parent: string): CatalogReference {
  return { column, parent, dangling: "becomes NULL" };
}

/** ON DELETE CASCADE (db/knex_init_db.js of 2.5.3, the patches of 1.23). */
const OF_MONITOR = goesWith("monitor_id", "monitor");
const OF_MAINTENANCE = goesWith("maintenance_id", "maintenance");
/** Of `group` and `incident` without a foreign key: deleteStatusPage in status-page-socket-handler.js deletes them. */
const OF_STATUS_PAGE = goesWith("status_page_id", "status_page");

/**
 * What is replicated, parents before children. Found by running Uptime Kuma 1.23.0, 1.23.13, 1.23.17, 2.0.0-dev.0,
 * 2.0.2, 2.3.2 and 2.5.3; their databases are the fixtures of the tests.
 *
 * A table has words in four more places: what its rows are called (src/snapshot/changes.ts), what one of them is called
 * (src/diff/names.ts; a test fails where a table lacks in one of these two), which of its columns may be shown
 * (src/diff/columns.ts), and the README's *What is replicated*. A new one is `optional`, or snapshots of older releases
 * count as inconsistent; and older releases refuse a snapshot that has it.
 */
export const catalog: readonly CatalogTable[] = [
  { name: "proxy", owner: "user_id" },
  { name: "docker_host", owner: "user_id" },
  { name: "remote_browser", owner: "user_id", optional: true },
  { name: "notification", owner: "user_id" },
  { name: "tag" },
  {
    name: "monitor",
    owner: "user_id",
    selfWritten: ["dns_last_result"],
    // The history tables below, and what Kuma writes by itself.
    aspects: [["name"], MONITOR_TARGET],
    weakAspects: [["type"]],
    references: [
      // ON DELETE SET NULL; with a parent that does not exist, getParent of server/model/monitor.js finds none.
      nullWithout("parent", "monitor"),
      // No action in the schema: Kuma sets NULL itself (delete in server/proxy.js, docker.js, remote-browser.js).
      nullWithout("proxy_id", "proxy"),
      nullWithout("docker_host", "docker_host"),
      nullWithout("remote_browser", "remote_browser"),
    ],
    // "==" is the only comparison that 1.23 knows; "world" is read by Globalping monitors only.
    unset: { domain_expiry_notification: [1n], json_path_operator: ["=="], location: ["world"] },
  },
  { name: "monitor_tag", references: [OF_MONITOR, goesWith("tag_id", "tag")] },
  { name: "monitor_notification", references: [OF_MONITOR, goesWith("notification_id", "notification")] },
  { name: "status_page" },
  { name: "status_page_cname", references: [OF_STATUS_PAGE] },
  { name: "group", references: [OF_STATUS_PAGE] },
  { name: "monitor_group", references: [OF_MONITOR, goesWith("group_id", "group")] },
  {
    name: "maintenance",
    owner: "user_id",
    selfWritten: ["last_start_date"],
    zone: "timezone",
    // A maintenance that repeats every few days counts them from last_start_date (server/model/maintenance.js of
    // 2.5.3).
    aspects: [["title"], ["start_date", "cron"]],
    weakAspects: [["strategy"]],
  },
  { name: "monitor_maintenance", references: [OF_MONITOR, OF_MAINTENANCE] },
  { name: "maintenance_status_page", references: [OF_STATUS_PAGE, OF_MAINTENANCE] },
  { name: "incident", references: [OF_STATUS_PAGE] },
];

/**
 * Replicated where REPLICATOR_ACCOUNTS asks for it, before all others: they own rows of those. The token that was
 * last used for a login is written by Kuma, which takes each once only (server/server.js).
 */
export const accountTables: readonly CatalogTable[] = [
  { name: "user", selfWritten: ["twofa_last_token"], optional: true },
  { name: "api_key", owner: "user_id", optional: true },
];

export function isAccountTable(name: string): boolean {
  return accountTables.some((table) => table.name === name);
}

/** What Kuma records about a monitor, keyed by `monitor_id`; each version has some of them. Never replicated. */
export const historyTables: readonly string[] = [
  "heartbeat",
  "stat_minutely",
  "stat_hourly",
  "stat_daily",
  "monitor_tls_info",
  "notification_sent_history",
];

/** True for a value that nobody can have meant: an older Kuma loses nothing without it. */
export function isUnset(
  table: CatalogTable,
  column: string,
  value: Value,
  declared: Value | undefined,
): boolean {
  const known = [null, "", "[]", "{}", declared, ...(table.unset?.[column] ?? [])];
  return known.some((each) => each === value);
}
