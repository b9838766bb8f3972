import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import type { Rules } from "../../../src/database/index.ts";
import { contentHash } from "../../../src/snapshot/index.ts";
import { changeRows, ICON, IDS, png, removeMonitor, value } from "../fixtures.ts";
import type { ContractEngine, ContractInstance } from "./engine.ts";
import { countHistory, dumpAll, NEXT_IDS, plainMonitors, take } from "./support.ts";

const LOCAL_FROM = 1_000_000_000;

const MADE_AND_LINKED = [
  "monitor",
  "notification",
  "tag",
  "monitor_tag",
  "monitor_notification",
  "status_page",
  "group",
];

/** Rows of an instance's own: added there, or kept beside its first snapshot. */
export function localContract(engine: ContractEngine): void {
  it("keeps what is added here, gives it ids of its own, and makes it everybody's when it takes over", async (t) => {
    let rules: Rules = { keepsLocal: true };
    const instance = await engine.makeInstance(t, () => rules);
    const snapshot = await take(instance, (content) =>
      removeMonitor(content, plainMonitors(content)[0] ?? 0n),
    );
    const [tag] = snapshot.content.tables.find(({ name }) => name === "tag")?.rows ?? [];
    assert.ok(tag);
    value(await instance.kuma.apply(snapshot, IDS));
    const hash = value(await instance.kuma.hash());
    assert.equal(hash, contentHash(snapshot.content));
    await instance.sql(
      "INSERT INTO monitor (name, type, url, user_id, \"interval\", active) VALUES ('here', 'http', 'http://here', 1, 60, 1)",
      "INSERT INTO notification (name, config, user_id) VALUES ('here', '{}', 1)",
    );
    const [here] = await instance.query("SELECT id FROM monitor WHERE name = 'here'");
    const [channel] = await instance.query("SELECT id FROM notification WHERE name = 'here'");
    assert.equal(here?.id, 1_000_000_000n);
    assert.equal(channel?.id, 1_000_000_000n);
    await instance.sql(
      `INSERT INTO monitor_notification (monitor_id, notification_id) VALUES (${here.id}, ${channel.id})`,
      `INSERT INTO heartbeat (monitor_id, status, time) VALUES (${here.id}, 1, '2026-01-01 00:00:00')`,
      `INSERT INTO status_page (slug, title, icon, theme, published, search_engine_index, show_tags)
        VALUES ('wanted', 'here', '/upload/logo${LOCAL_FROM}.png?t=1', 'auto', 1, 1, 0)`,
    );
    writeFileSync(join(instance.uploadDir, `logo${LOCAL_FROM}.png`), png("of here"));
    assert.equal(value(await instance.kuma.hash()), hash);
    assert.deepEqual(value(await instance.kuma.readOwn()).local, { monitors: 1, others: 2 });
    const more = await take(instance, (content) => {
      const page = changeRows(content, "status_page", ([first, ...rest]) => [
        { ...first, slug: "wanted" },
        ...rest,
      ]);
      return changeRows(page, "monitor", (rows) => [
        ...rows,
        { ...rows[0], id: 9000n, name: "shared", parent: null },
      ]);
    });
    const before = await dumpAll(instance);
    value(await instance.kuma.apply(more, NEXT_IDS));
    assert.equal(value(await instance.kuma.hash()), contentHash(more.content));
    assert.equal(value(await instance.kuma.plan(more)).empty, true);
    const pages = await instance.query("SELECT slug FROM status_page WHERE slug LIKE 'wanted%' ORDER BY id");
    assert.deepEqual(pages, [{ slug: "wanted" }, { slug: "wanted-local" }]);
    value(await instance.kuma.rollBack());
    assert.deepEqual(await dumpAll(instance), before);
    value(await instance.kuma.apply(more, NEXT_IDS));
    rules = {};
    assert.deepEqual(value(await instance.kuma.takeOver()), { resumed: 0, shared: 1 });
    const [shared] = await instance.query("SELECT id FROM monitor WHERE name = 'here'");
    const links = await instance.query(
      `SELECT notification_id FROM monitor_notification WHERE monitor_id = ${shared?.id}`,
    );
    assert.ok(typeof shared?.id === "bigint" && shared.id < 1_000_000_000n);
    assert.equal(links.length, 1);
    const [page] = await instance.query("SELECT id, icon FROM status_page WHERE title = 'here'");
    assert.equal(page?.icon, `/upload/logo${page?.id}.png?t=1`);
    assert.deepEqual(readFileSync(join(instance.uploadDir, `logo${page?.id}.png`)), png("of here"));
    assert.ok(!readdirSync(instance.uploadDir).includes(`logo${LOCAL_FROM}.png`));
    assert.equal(await countHistory(instance, shared.id), 1);
    await instance.sql(
      "INSERT INTO monitor (name, type, url, user_id, \"interval\", active) VALUES ('next', 'http', 'http://next', 1, 60, 1)",
    );
    const [next] = await instance.query("SELECT id FROM monitor WHERE name = 'next'");
    assert.ok(typeof next?.id === "bigint" && next.id > shared.id && next.id < 1_000_000_000n);
  });

  it("gives what is its own an account that is there, once the primary's take the place of its own", async (t) => {
    const instance = await engine.makeInstance(t, () => ({ keepsLocal: true, accounts: true }));
    const snapshot = await take(instance);
    value(await instance.kuma.apply(snapshot, IDS));
    await instance.sql(
      "INSERT INTO monitor (name, type, url, user_id, \"interval\", active) VALUES ('here', 'http', 'http://here', 1, 60, 1)",
    );
    const others = await take(instance, (content) =>
      changeRows(
        changeRows(content, "user", ([first]) => [{ ...first, id: 7n, username: "other" }]),
        "api_key",
        () => [],
      ),
    );
    value(await instance.kuma.apply(others, NEXT_IDS));
    assert.deepEqual(await instance.query("SELECT user_id FROM monitor WHERE name = 'here'"), [
      { user_id: 7n },
    ]);
    value(await instance.kuma.rollBack());
    assert.deepEqual(await instance.query("SELECT user_id FROM monitor WHERE name = 'here'"), [
      { user_id: 1n },
    ]);
  });

  it("keeps all that is here beside a first snapshot, with its history and icon, and gives it back", async (t) => {
    const instance = await engine.makeInstance(t, () => ({ keepsLocal: true }));
    const { uploadDir, query, sql } = instance;
    const snapshot = await take(instance, (content) => ({
      ...removeMonitor(content, plainMonitors(content)[0] ?? 0n),
      files: [{ name: "logo1.png", bytes: png("of the primary") }],
    }));
    const [page] = await query("SELECT id, icon FROM status_page WHERE icon LIKE '/upload/logo1.png%'");
    assert.ok(typeof page?.id === "bigint");
    const before = await dumpAll(instance);
    const counted = await Promise.all(MADE_AND_LINKED.map((name) => countRows(instance, name)));
    const beats = await query("SELECT monitor_id, count(*) AS beats FROM heartbeat GROUP BY monitor_id");

    const { notes } = value(await instance.kuma.apply(snapshot, { ...IDS, keepsAll: true }));
    assert.match(notes.join(), /What was here stays, as this instance's own \(monitors: \d+, others: \d+\)/);
    assert.equal(value(await instance.kuma.hash()), contentHash(snapshot.content));
    for (const [at, name] of MADE_AND_LINKED.entries()) {
      const shared = snapshot.content.tables.find((each) => each.name === name)?.rows.length ?? 0;
      assert.equal(await countRows(instance, name), (counted[at] ?? 0) + shared, name);
    }
    assert.deepEqual(
      await query("SELECT monitor_id, count(*) AS beats FROM heartbeat GROUP BY monitor_id"),
      beats.map((row) => ({ ...row, monitor_id: Number(row.monitor_id) + LOCAL_FROM })).map(asBigints),
    );
    assert.deepEqual(
      await query(
        `SELECT count(*) AS n FROM monitor_tag WHERE monitor_id >= ${LOCAL_FROM} AND tag_id < ${LOCAL_FROM}`,
      ),
      [{ n: 0n }],
    );
    const own = `logo${LOCAL_FROM + Number(page.id)}.png`;
    assert.deepEqual(readFileSync(join(uploadDir, own)), ICON);
    assert.deepEqual(readFileSync(join(uploadDir, "logo1.png")), png("of the primary"));
    const slugs = await query(`SELECT slug FROM status_page WHERE id > ${LOCAL_FROM} ORDER BY id`);
    assert.ok(slugs.every(({ slug }) => String(slug).endsWith("-local")));

    // Another apply leaves it; so does one that changes nothing.
    const next = await take(instance, (content) =>
      changeRows(content, "tag", (rows) => rows.map((row) => ({ ...row, color: "#010203" }))),
    );
    const monitors = await countRows(instance, "monitor");
    assert.equal(value(await instance.kuma.plan(snapshot)).empty, true);
    assert.ok(value(await instance.kuma.previewRollBack())?.after.tables.some(({ rows }) => rows.length > 0));

    await sql(
      "INSERT INTO monitor (name, type, url, user_id, \"interval\", active) VALUES ('since', 'http', 'http://since', 1, 60, 1)",
    );
    value(await instance.kuma.rollBack());
    const since = await query("SELECT id FROM monitor WHERE name = 'since'");
    assert.ok(
      since.every(({ id }) => typeof id === "bigint" && id < LOCAL_FROM),
      "what was added since is there, too",
    );
    await sql("DELETE FROM monitor WHERE name = 'since'");
    assert.deepEqual(
      { ...(await dumpAll(instance)), sqlite_sequence: [] },
      { ...before, sqlite_sequence: [] },
    );

    value(await instance.kuma.apply(snapshot, { ...IDS, keepsAll: true }));
    value(await instance.kuma.apply(next, NEXT_IDS));
    assert.equal(await countRows(instance, "monitor"), monitors);
  });
}

async function countRows({ query }: ContractInstance, table: string): Promise<number> {
  const [row] = await query(`SELECT count(*) AS n FROM \`${table}\``);
  return Number(row?.n);
}

function asBigints(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, BigInt(String(cell))]));
}
