/**
 * How the columns of Uptime Kuma 2.0 to 2.5 store what they are given, which a CSV file does not tell. By name alone:
 * no two tables have a column of one name and of two kinds. What is not named here is text.
 */
const WHOLE: ReadonlySet<string> = new Set([
  ...[
    "id",
    "user_id",
    "monitor_id",
    "tag_id",
    "notification_id",
    "status_page_id",
    "group_id",
    "maintenance_id",
  ],
  ...["proxy_id", "docker_host", "remote_browser", "parent"],
  ...["active", "auth", "default", "is_default", "pin", "public", "weight", "send_url", "published"],
  ...[
    "search_engine_index",
    "show_tags",
    "show_powered_by",
    "show_certificate_expiry",
    "show_only_last_heartbeat",
  ],
  ...["auto_refresh_interval", "interval_day", "duration"],
  ...["interval", "port", "maxretries", "retry_interval", "resend_interval", "maxredirects", "packet_size"],
  ...["ignore_tls", "upside_down", "expiry_notification", "domain_expiry_notification", "invert_keyword"],
  ...["grpc_enable_tls", "gamedig_given_port_only", "cache_bust", "manual_status", "screenshot_delay"],
  ...["kafka_producer_ssl", "kafka_producer_allow_auto_topic_creation"],
  ...["ping_count", "ping_numeric", "ping_per_request_timeout", "retry_only_on_status_code_failure"],
  ...["save_response", "save_error_response", "response_max_length", "ws_ignore_sec_websocket_accept_header"],
  ...["ntp_stratum_threshold", "ntp_time_offset_threshold", "ntp_root_dispersion_threshold"],
]);

const REAL = "timeout";

/** Columns of text that cannot be NULL, so that `null` in a CSV file is the text that somebody wrote. By table. */
const NEVER_NULL: Readonly<Record<string, readonly string[]>> = {
  proxy: ["protocol", "host"],
  remote_browser: ["name", "url"],
  tag: ["name", "color"],
  monitor: ["accepted_statuscodes_json", "method", "mqtt_check_type", "conditions", "ws_subprotocol"],
  status_page: ["slug", "title", "icon", "theme"],
  group: ["name"],
  maintenance: ["title", "description", "strategy"],
  incident: ["title", "content", "style"],
};

/** The type to declare, so that SQLite stores a text from a CSV file as Uptime Kuma's own table would. */
export function typeOf(column: string): "INTEGER PRIMARY KEY" | "NUMERIC" | "REAL" | "TEXT" {
  if (column === "id") return "INTEGER PRIMARY KEY";
  if (column === REAL) return "REAL";
  return WHOLE.has(column) ? "NUMERIC" : "TEXT";
}

/** What a field of a CSV file stands for: NULL is written as `null`. */
export function fieldValue(table: string, column: string, field: string): string | null {
  return field === "null" && !NEVER_NULL[table]?.includes(column) ? null : field;
}
