import type { Value } from "../snapshot/index.ts";

/** One replicated table of Kuma's database; the key of each is `id`. */
export interface CatalogTable {
  readonly name: string;
  /** The column that names the owning account (a row of `user`), which differs between instances. */
  readonly owner?: string;
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
}

/** What a monitor watches, whatever its type (server/monitor-types of 2.5.3). Settings of a check, such as a topic, are not in it. */
const MONITOR_TARGET: readonly string[] = [
  ...["url", "hostname", "grpc_url", "docker_container", "database_connection_string", "push_token"],
  ...["kafka_producer_brokers", "rabbitmq_nodes", "system_service_name"],
];

/**
 * What is replicated, parents before children. Found by running Uptime Kuma 1.23.0, 1.23.13, 1.23.17, 2.0.0-dev.0,
 * 2.0.2, 2.3.2 and 2.5.3; their databases are the fixtures of the tests.
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
    aspects: [["type"], ["name"], MONITOR_TARGET],
    // "==" is the only comparison that 1.23 knows; "world" is read by Globalping monitors only.
    unset: { domain_expiry_notification: [1n], json_path_operator: ["=="], location: ["world"] },
  },
  { name: "monitor_tag" },
  { name: "monitor_notification" },
  { name: "status_page" },
  { name: "status_page_cname" },
  { name: "group" },
  { name: "monitor_group" },
  {
    name: "maintenance",
    owner: "user_id",
    selfWritten: ["last_start_date"],
    // A maintenance that repeats every few days counts them from last_start_date (server/model/maintenance.js of 2.5.3).
    aspects: [["title"], ["strategy"], ["start_date", "cron"]],
  },
  { name: "monitor_maintenance" },
  { name: "maintenance_status_page" },
  { name: "incident" },
];

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
