import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compare, describeRow } from "../../src/diff/index.ts";
import type { Content, Value } from "../../src/snapshot/index.ts";
import { changeRows, ICON, makeInstance, removeMonitor, takeSnapshot } from "../database/fixtures.ts";

const words = (before: Content, after: Content) => compare(before, after).flatMap(describeRow);

/** The content with some columns of the row with this id changed. */
function edit(content: Content, table: string, id: bigint, columns: Record<string, Value>): Content {
  return changeRows(content, table, (rows) =>
    rows.map((row) => (row.id === id ? { ...row, ...columns } : row)),
  );
}

describe("what changed, in words", () => {
  it("says nothing of equal contents", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    assert.deepEqual(compare(content, content), []);
  });

  it("names rows as people do, and says what was and what is", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    const cases: [Content, string[]][] = [
      [
        edit(content, "monitor", 2n, { url: "https://b.example/" }),
        ['monitor "http ok" url: "http://127.0.0.1:5980/" → "https://b.example/"'],
      ],
      [
        edit(content, "monitor", 2n, { name: "shop", interval: 30n }),
        ['monitor "http ok" interval: 20 → 30', 'monitor "http ok" name: "http ok" → "shop"'],
      ],
      [edit(content, "monitor", 2n, { active: 0n }), ['monitor "http ok" paused']],
      [edit(content, "monitor", 13n, { active: 1n }), ['monitor "paused" resumed']],
      [edit(content, "monitor", 6n, { parent: 1n }), ['monitor "ping lo" parent: nothing → "Group A"']],
      [edit(content, "monitor", 6n, { timeout: 1.5 }), ['monitor "ping lo" timeout: 10 → 1.5']],
      [
        { ...content, files: [{ name: "logo1.png", bytes: Buffer.from("another") }] },
        ['icon "logo1.png" changed'],
      ],
      [{ ...content, files: [] }, ['icon "logo1.png" removed']],
    ];
    assert.deepEqual(content.files[0]?.bytes, ICON);
    for (const [after, expected] of cases) assert.deepEqual(words(content, after), expected);
  });

  it("tells a removed monitor with all that hung on it, and an added one", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    const without = removeMonitor(content, 2n);
    const gone = words(content, without);
    assert.ok(gone.includes('monitor "http ok" removed'), gone.join("\n"));
    assert.ok(gone.some((line) => /^notification ".+" of monitor "http ok" removed$/.test(line)));
    assert.ok(gone.some((line) => /^monitor "http ok" in group ".+" removed$/.test(line)));
    assert.deepEqual(
      words(without, content).sort(),
      gone.map((line) => line.replace(/removed$/, "added")).sort(),
    );
  });

  it("does not take an assignment that Kuma made anew at a save for a change", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    const anew = ["monitor_notification", "monitor_tag", "monitor_group"].reduce(
      (changed, table) =>
        changeRows(changed, table, (rows) => {
          assert.ok(rows.length > 0, table);
          return rows.map((row) => ({ ...row, id: BigInt(row.id as bigint) + 1000n }));
        }),
      content,
    );
    assert.deepEqual(words(content, anew), []);
  });

  it("leaves out the time of a save beside what was saved", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    const saved = edit(content, "status_page", 1n, { modified_date: "2030-01-01 00:00:00" });
    assert.match(words(content, saved).join("\n"), /^status page ".+" modified_date: .*2030/);
    const titled = edit(saved, "status_page", 1n, { title: "New" });
    assert.match(words(content, titled).join("\n"), /^status page ".+" title: ".+" → "New"$/);
  });

  it("stays on its line and steers no terminal, whatever a name holds", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (name) => {
        const lines = words(content, edit(content, "monitor", 2n, { name, description: `x${name}` }));
        for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\u202e\u2028\u2066]/u);
      }),
      { numRuns: 50 },
    );
  });
});

describe("secrets in a diff", () => {
  const SECRET = "hunter2";
  const places: [string, string, string][] = [
    ...[
      ...[
        "push_token",
        "body",
        "headers",
        "basic_auth_user",
        "basic_auth_pass",
        "mqtt_username",
        "mqtt_password",
      ],
      ...["database_connection_string", "database_query", "auth_domain", "auth_workstation", "grpc_body"],
      ...[
        "grpc_metadata",
        "radius_username",
        "radius_password",
        "radius_secret",
        "tls_ca",
        "tls_cert",
        "tls_key",
      ],
      ...["kafka_producer_sasl_options", "kafka_producer_message", "oauth_client_id", "oauth_client_secret"],
      ...["rabbitmq_username", "rabbitmq_password", "snmp_v3_username", "bearer_token", "gamedig_token"],
    ].map((column): [string, string, string] => ["monitor", column, SECRET]),
    ["monitor", "url", `https://user:${SECRET}@host/`],
    ["monitor", "url", `https://${SECRET}@host/`],
    ["monitor", "url", `https://host/?a=1&api_key=${SECRET}&b=2`],
    ["monitor", "url", `https://host/?access%5Ftoken=${SECRET}`],
    ["monitor", "url", `https://host/#token=${SECRET}`],
    ["notification", "config", JSON.stringify({ type: "ntfy", ntfypassword: SECRET })],
    ["proxy", "username", SECRET],
    ["proxy", "password", SECRET],
    ["docker_host", "docker_daemon", `tcp://u:${SECRET}@host:2375`],
    ["status_page", "password", SECRET],
    ["remote_browser", "url", `ws://host/?token=${SECRET}`],
  ];

  for (const [table, column, value] of places) {
    it(`${table}.${column} = ${value}: told as changed, never shown`, (t) => {
      const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
      const found = content.tables.find(({ name }) => name === table);
      const id = found?.rows[0]?.[found.columns.indexOf("id")];
      assert.ok(typeof id === "bigint");
      const after = edit(content, table, id, { [column]: value });
      for (const changes of [compare(content, after), compare(after, content)]) {
        assert.equal(changes.length, 1);
        assert.ok(changes[0]?.columns.some((change) => change.column === column));
        assert.ok(!JSON.stringify(changes).includes(SECRET));
        assert.ok(!changes.flatMap(describeRow).join().includes(SECRET));
      }
    });
  }

  it("tells of a secret inside an address also when nothing else of it differs", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    const [one, other] = ["a", "b"].map((secret) =>
      edit(content, "monitor", 2n, { url: `https://u:${secret}@host/` }),
    );
    assert.ok(one && other);
    assert.deepEqual(words(one, other), ['monitor "http ok" url changed (not shown)']);
  });

  it("does not show a column that nobody has judged yet", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    const [one, other] = ["first", "second"].map((text) => ({
      ...content,
      tables: content.tables.map((each) =>
        each.name === "tag"
          ? { ...each, columns: [...each.columns, "zzz"], rows: each.rows.map((row) => [...row, text]) }
          : each,
      ),
    }));
    assert.ok(one && other);
    const said = words(one, other);
    assert.ok(said.length > 0);
    for (const line of said) assert.match(line, /^tag ".+" zzz changed \(not shown\)$/);
  });
});
