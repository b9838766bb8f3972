/** What a person does on the primary, as the rows that it leaves; and what may tell that a Kuma has taken it up. */
export interface Change {
  readonly name: string;
  readonly sql: readonly string[];
  /** What the icon of the status page holds from now on. */
  readonly icon?: string;
  /** Monitors that may be stopped for it; none by default. */
  readonly stops?: readonly number[];
  /** Where webhooks are rung by making this path fail. */
  readonly rings?: string;
}

/**
 * Monitors of the base: 1 group, 2 and 3 http (2 in the group, with notification 1), 7 push, 11 by proxy, 12 Docker, 13
 * paused.
 */
export function base(targets: number, [proxy]: readonly [number, number]): string[] {
  const hook = (id: number) =>
    JSON.stringify({
      name: `hook ${id}`,
      type: "webhook",
      webhookURL: `http://127.0.0.1:${targets}/hook/${id}`,
      webhookContentType: "json",
    });
  return [
    "DELETE FROM monitor WHERE id NOT IN (1, 2, 3, 7, 11, 12, 13)",
    "DELETE FROM heartbeat",
    // So that the metrics are to be had with name and password.
    "DELETE FROM setting WHERE key = 'apiKeysEnabled'",
    "DELETE FROM monitor_notification",
    "DELETE FROM notification WHERE id > 2",
    `UPDATE notification SET config = '${hook(1)}', name = 'hook 1', is_default = 0, active = 1 WHERE id = 1`,
    `UPDATE notification SET config = '${hook(2)}', name = 'hook 2', is_default = 0, active = 1 WHERE id = 2`,
    "UPDATE monitor SET interval = 1, retry_interval = 1, maxretries = 0, resend_interval = 0",
    `UPDATE monitor SET url = 'http://127.0.0.1:${targets}/' || id, upside_down = 0 WHERE type = 'http'`,
    "UPDATE monitor SET parent = NULL",
    "UPDATE monitor SET parent = 1 WHERE id = 2",
    "UPDATE monitor SET active = id <> 13",
    "UPDATE monitor SET push_token = 'first', interval = 60 WHERE id = 7",
    `UPDATE proxy SET protocol = 'http', host = '127.0.0.1', port = ${proxy}, auth = 0, active = 1`,
    `UPDATE docker_host SET docker_type = 'tcp', docker_daemon = 'http://127.0.0.1:${targets}'`,
    "UPDATE monitor SET docker_container = 'one' WHERE id = 12",
    "UPDATE status_page SET icon = '/upload/logo1.png?t=1' WHERE id = 1",
    "DELETE FROM maintenance",
    "INSERT INTO monitor_notification (monitor_id, notification_id) VALUES (2, 1)",
    `INSERT INTO maintenance (id, title, description, user_id, active, strategy, timezone, cron, duration, interval_day)
     VALUES (50, 'by hand', '', 1, 0, 'manual', 'UTC', NULL, NULL, 1)`,
    `INSERT INTO maintenance (id, title, description, user_id, active, strategy, timezone, cron, duration, interval_day)
     VALUES (51, 'all day', '', 1, 1, 'cron', 'UTC', '0 0 * * *', 86399, 1)`,
  ];
}

export function changes(targets: number, [, second]: readonly [number, number]): Change[] {
  const soon = new Date(Date.now() - 60_000).toISOString().slice(0, 16).replace("T", " ");
  const later = new Date(Date.now() + 3_600_000).toISOString().slice(0, 16).replace("T", " ");
  const maintenance = "title, description, user_id, active, strategy, timezone, interval_day";
  return [
    {
      name: "a monitor added",
      sql: [
        `INSERT INTO monitor (id, name, type, url, active, user_id, interval, retry_interval, maxretries, accepted_statuscodes_json, method, timeout)
         VALUES (60, 'new', 'http', 'http://127.0.0.1:${targets}/60', 1, 1, 1, 1, 0, '["200-299"]', 'GET', 10)`,
        "INSERT INTO monitor_notification (monitor_id, notification_id) VALUES (60, 2)",
      ],
      stops: [60],
      rings: "/60",
    },
    {
      name: "renamed",
      sql: ["UPDATE monitor SET name = 'another name' WHERE id = 2"],
      stops: [2],
      rings: "/2",
    },
    {
      name: "another address",
      sql: [`UPDATE monitor SET url = 'http://127.0.0.1:${targets}/elsewhere' WHERE id = 3`],
      stops: [3],
    },
    { name: "another interval", sql: ["UPDATE monitor SET interval = 2 WHERE id = 3"], stops: [3] },
    { name: "paused", sql: ["UPDATE monitor SET active = 0 WHERE id = 3"], stops: [3] },
    { name: "resumed", sql: ["UPDATE monitor SET active = 1 WHERE id IN (3, 13)"], stops: [3, 13] },
    { name: "into a group", sql: ["UPDATE monitor SET parent = 1 WHERE id = 3"], stops: [3] },
    { name: "out of a group", sql: ["UPDATE monitor SET parent = NULL WHERE id = 2"], stops: [2] },
    {
      name: "a notification attached",
      sql: ["INSERT INTO monitor_notification (monitor_id, notification_id) VALUES (2, 2)"],
      rings: "/2",
    },
    {
      name: "a notification detached",
      sql: ["DELETE FROM monitor_notification WHERE monitor_id = 2 AND notification_id = 1"],
      rings: "/2",
    },
    {
      name: "a notification edited",
      sql: ["UPDATE notification SET config = replace(config, 'hook/2', 'hook/edited') WHERE id = 2"],
      rings: "/2",
    },
    { name: "a notification deleted", sql: ["DELETE FROM notification WHERE id = 2"], rings: "/2" },
    {
      name: "tags added, with a new name",
      sql: [
        "INSERT INTO tag (id, name, color) VALUES (70, 'brandnew', '#123456')",
        "INSERT INTO monitor_tag (monitor_id, tag_id, value) VALUES (2, 70, 'yes')",
      ],
    },
    { name: "a tag renamed", sql: ["UPDATE tag SET name = 'renamed' WHERE id = 70"] },
    { name: "a tag deleted", sql: ["DELETE FROM tag WHERE id = 70"] },
    {
      name: "a status page edited",
      sql: ["UPDATE status_page SET title = 'other', description = 'words' WHERE id = 1"],
    },
    {
      name: "a status page with another icon",
      sql: ["UPDATE status_page SET icon = '/upload/logo1.png?t=2' WHERE id = 1"],
      icon: "another icon",
    },
    {
      name: "a status page's monitors and groups",
      sql: [
        `INSERT INTO "group" (id, name, public, active, weight, status_page_id) VALUES (80, 'more', 1, 1, 5, 1)`,
        "INSERT INTO monitor_group (monitor_id, group_id, weight, send_url) VALUES (3, 80, 1, 0)",
      ],
    },
    {
      name: "an incident",
      sql: [
        `INSERT INTO incident (id, title, content, style, pin, active, status_page_id) VALUES (90, 'fire', 'x', 'danger', 1, 1, 1)`,
      ],
    },
    {
      name: "a domain",
      sql: [
        "UPDATE status_page_cname SET domain = 'moved.example' WHERE id = (SELECT min(id) FROM status_page_cname)",
      ],
    },
    {
      name: "a maintenance window once",
      sql: [
        `INSERT INTO maintenance (id, ${maintenance}, start_date, end_date)
         VALUES (52, 'once', '', 1, 1, 'single', 'UTC', 1, '${soon}', '${later}')`,
        "INSERT INTO monitor_maintenance (monitor_id, maintenance_id) VALUES (2, 52)",
        "INSERT INTO maintenance_status_page (status_page_id, maintenance_id) VALUES (1, 52)",
      ],
    },
    {
      name: "a maintenance window by cron",
      sql: [
        `INSERT INTO maintenance (id, ${maintenance}, cron, duration)
         VALUES (53, 'cron', '', 1, 1, 'cron', 'UTC', 1, '0 0 * * *', 86399)`,
        "INSERT INTO monitor_maintenance (monitor_id, maintenance_id) VALUES (3, 53)",
      ],
    },
    {
      name: "a maintenance window edited",
      sql: ["UPDATE maintenance SET cron = '0 0 1 1 *', title = 'rare' WHERE id = 53"],
    },
    { name: "a maintenance window begun by hand", sql: ["UPDATE maintenance SET active = 1 WHERE id = 50"] },
    { name: "maintenance windows deleted", sql: ["DELETE FROM maintenance WHERE id IN (51, 52, 53)"] },
    { name: "a proxy edited", sql: [`UPDATE proxy SET port = ${second}`] },
    {
      name: "a proxy removed",
      sql: ["UPDATE monitor SET proxy_id = NULL WHERE id = 11", "DELETE FROM proxy"],
      stops: [11],
    },
    {
      name: "a Docker host edited",
      sql: [`UPDATE docker_host SET name = 'other', docker_daemon = 'http://127.0.0.1:${targets}/moved'`],
    },
    {
      name: "another container",
      sql: ["UPDATE monitor SET docker_container = 'two' WHERE id = 12"],
      stops: [12],
    },
    {
      name: "another push token",
      sql: ["UPDATE monitor SET push_token = 'second' WHERE id = 7"],
      stops: [7],
    },
    {
      name: "monitors deleted",
      sql: ["DELETE FROM monitor WHERE id IN (2, 60)"],
      stops: [2, 60],
      rings: "/2",
    },
    {
      name: "another thing under an old id",
      sql: [
        "DELETE FROM monitor_notification WHERE monitor_id = 3",
        `UPDATE monitor SET name = 'quite another', type = 'keyword', keyword = 'State', url = 'http://127.0.0.1:${targets}/other' WHERE id = 3`,
      ],
      stops: [3],
    },
  ];
}
