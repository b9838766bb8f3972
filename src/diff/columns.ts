/**
 * Texts that are shown to whoever may run a command. A column that is not named here, also one that a later Kuma adds,
 * is reported as changed and never shown: what nobody has judged may be a secret.
 */
const SHOWN: ReadonlySet<string> = new Set([
  ...[
    "name",
    "title",
    "slug",
    "description",
    "content",
    "style",
    "theme",
    "icon",
    "color",
    "value",
    "domain",
  ],
  ...["type", "subtype", "method", "hostname", "host", "protocol", "keyword", "location", "game", "parent"],
  ...["accepted_statuscodes_json", "http_body_encoding", "json_path", "json_path_operator", "expected_value"],
  ...["dns_resolve_type", "dns_resolve_server", "ip_family", "smtp_security", "expected_tls_alert"],
  ...["grpc_method", "grpc_service_name", "mqtt_topic", "mqtt_success_message", "mqtt_check_type"],
  ...["kafka_producer_topic", "kafka_producer_brokers", "snmp_oid", "snmp_version", "system_service_name"],
  ...["docker_container", "docker_type", "conditions", "footer_text", "rss_title", "analytics_type"],
  ...["strategy", "cron", "timezone", "weekdays", "days_of_month"],
  ...["start_date", "end_date", "start_time", "end_time"],
  ...["created_date", "modified_date", "last_updated_date"],
]);

/** Addresses: shown without what may be secret in them. */
const ADDRESSES: ReadonlySet<string> = new Set([
  "url",
  "grpc_url",
  "oauth_token_url",
  "docker_daemon",
  "custom_url",
  "analytics_script_url",
]);

const SECRET_NAME = /pass|secret|token|key(?!word)|auth|credential|sig|code|session/i;

/** Columns that hold the id of a row of another table: people read that row's name. */
export const REFERENCES: Readonly<Record<string, string>> = {
  parent: "monitor",
  proxy_id: "proxy",
  docker_host: "docker_host",
  remote_browser: "remote_browser",
  status_page_id: "status_page",
};

/** Kuma writes them at each save, so they add nothing to another change. */
export const SAVE_TIMES: ReadonlySet<string> = new Set(["modified_date", "last_updated_date"]);

/** What may be shown of a text in this column; undefined: nothing. */
export function showText(column: string, text: string): string | undefined {
  if (ADDRESSES.has(column)) return withoutSecrets(text);
  return SHOWN.has(column) ? text : undefined;
}

/** Numbers are switches, ports and intervals. */
export function mayShowNumber(column: string): boolean {
  return !SECRET_NAME.test(column);
}

/** An address with stars for its user and password, and for the values of parameters that are named like a secret. */
function withoutSecrets(address: string): string {
  return address
    .replaceAll(/\/\/[^\s/?#]*@/g, "//***@")
    .replaceAll(/([?&;#])([^=&;#]*)=([^&;#]*)/g, (whole, mark: string, name: string) =>
      SECRET_NAME.test(decode(name)) ? `${mark}${name}=***` : whole,
    );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
