import assert from "node:assert/strict";
import { it } from "node:test";
import type { Rules } from "../../../src/database/index.ts";
import { type Content, contentHash, type Value } from "../../../src/snapshot/index.ts";
import { changeRows, IDS, value } from "../fixtures.ts";
import type { ContractEngine, ContractInstance } from "./engine.ts";
import { dumpAll, NEXT_IDS, plainMonitors, take } from "./support.ts";

/** What is an instance's own: paused push monitors; values; accounts, unless they are replicated. */
export function ownContract(engine: ContractEngine): void {
  it("pauses push monitors where the rules say so, and still reads and hashes what was applied", async (t) => {
    const instance = await engine.makeInstance(t, () => ({ pausesPush: true }));
    const before = await dumpAll(instance);
    const snapshot = await take(instance, withPush);
    value(await instance.kuma.apply(snapshot, IDS));
    assert.deepEqual(await pushes(instance), [
      { id: 9001n, active: 0n },
      { id: 9002n, active: 0n },
    ]);
    assert.equal(value(await instance.kuma.hash()), contentHash(snapshot.content));
    assert.deepEqual(value(await instance.kuma.read()).tables, snapshot.content.tables);
    assert.equal(value(await instance.kuma.plan(snapshot)).empty, true);
    assert.deepEqual(await countOwn(instance), [1, 0]);
    value(await instance.kuma.rollBack());
    assert.deepEqual(await dumpAll(instance), before);
    assert.deepEqual(await countOwn(instance), [0, 0]);
  });

  it("follows the primary's own pause of a push monitor without a change for Kuma", async (t) => {
    const instance = await engine.makeInstance(t, () => ({ pausesPush: true }));
    value(await instance.kuma.apply(await take(instance, withPush), IDS));
    const before = await dumpAll(instance);
    const paused = await take(instance, (content) => setActive(content, 0n));
    assert.equal(value(await instance.kuma.plan(paused)).empty, true);
    value(await instance.kuma.markApplied(paused, NEXT_IDS));
    assert.equal(value(await instance.kuma.hash()), contentHash(paused.content));
    assert.deepEqual(await countOwn(instance), [0, 0]);
    assert.deepEqual(await dumpAll(instance), before);
    const resumed = await take(instance, (content) => setActive(content, 1n));
    value(await instance.kuma.markApplied(resumed, IDS));
    assert.equal(value(await instance.kuma.hash()), contentHash(resumed.content));
    assert.deepEqual(await dumpAll(instance), before);
  });

  it("resumes what it paused, and no more, when it takes over or the rules are another", async (t) => {
    let rules: Rules = { pausesPush: true };
    const instance = await engine.makeInstance(t, () => rules);
    const snapshot = await take(instance, withPush);
    value(await instance.kuma.apply(snapshot, IDS));
    assert.deepEqual(value(await instance.kuma.takeOver()), { resumed: 1, shared: 0 });
    const resumed = [
      { id: 9001n, active: 1n },
      { id: 9002n, active: 0n },
    ];
    assert.deepEqual(await pushes(instance), resumed);
    assert.equal(value(await instance.kuma.hash()), contentHash(snapshot.content));
    value(await instance.kuma.apply(snapshot, IDS));
    assert.deepEqual(await countOwn(instance), [1, 0]);
    rules = {};
    assert.equal(value(await instance.kuma.plan(snapshot)).empty, false);
    value(await instance.kuma.apply(snapshot, NEXT_IDS));
    assert.deepEqual(await pushes(instance), resumed);
    assert.deepEqual(await countOwn(instance), [0, 0]);
  });

  it("takes a person's resuming of a push monitor for no difference, and pauses it again", async (t) => {
    const instance = await engine.makeInstance(t, () => ({ pausesPush: true }));
    const snapshot = await take(instance, withPush);
    value(await instance.kuma.apply(snapshot, IDS));
    await instance.sql("UPDATE monitor SET active = 1 WHERE id = 9001");
    assert.equal(value(await instance.kuma.hash()), contentHash(snapshot.content));
    value(await instance.kuma.apply(snapshot, NEXT_IDS));
    assert.deepEqual(await countOwn(instance), [1, 0]);
  });

  it("replicates accounts and API keys where the rules say so, but not what the last login used", async (t) => {
    let rules: Rules = { accounts: true };
    const instance = await engine.makeInstance(t, () => rules);
    await instance.sql("UPDATE user SET twofa_last_token = '111111'");
    const before = await dumpAll(instance);
    const snapshot = await take(instance, (content) => {
      const users = changeRows(content, "user", ([first]) => [
        { ...first, password: "$2b$10$another", twofa_secret: "ABC", twofa_status: 1n },
        { ...first, id: 7n, username: "second" },
      ]);
      const keys = changeRows(users, "api_key", () => [
        { id: 3n, key: "hash", name: "key", user_id: 7n, active: 1n, created_date: "2026-01-02 03:04:05" },
      ]);
      return changeRows(keys, "monitor", (rows) => rows.map((row) => ({ ...row, user_id: 7n })));
    });
    assert.deepEqual(Object.keys(value(await instance.kuma.plan(snapshot)).changes).sort(), [
      "api_key",
      "monitor",
      "user",
    ]);
    value(await instance.kuma.apply(snapshot, IDS));
    assert.deepEqual(
      await instance.query("SELECT id, twofa_secret, twofa_last_token FROM user ORDER BY id"),
      [
        { id: 1n, twofa_secret: "ABC", twofa_last_token: "111111" },
        { id: 7n, twofa_secret: null, twofa_last_token: null },
      ],
    );
    assert.deepEqual(await instance.query("SELECT DISTINCT user_id FROM monitor"), [{ user_id: 7n }]);
    assert.equal(value(await instance.kuma.hash()), contentHash(snapshot.content));
    assert.equal(value(await instance.kuma.plan(snapshot)).empty, true);
    rules = {};
    const preview = value(await instance.kuma.previewRollBack());
    assert.ok(preview);
    value(await instance.kuma.rollBack());
    assert.deepEqual(await dumpAll(instance), before);
  });

  it("refuses accounts that nobody could log in with, and keys of nobody, and changes nothing", async (t) => {
    const instance = await engine.makeInstance(t, () => ({ accounts: true }));
    const before = await dumpAll(instance);
    const key = { id: 3n, key: "hash", name: "key", active: 1n, created_date: "2026-01-02 03:04:05" };
    const users = (change: (first: Record<string, Value>) => Record<string, Value>[]) => (content: Content) =>
      changeRows(content, "user", ([first = {}]) => change(first));
    const without = (columns: readonly string[]) => (content: Content) => ({
      ...content,
      tables: content.tables.map((table) => {
        if (table.name !== "user") return table;
        const kept = table.columns.filter((name) => !columns.includes(name));
        const rows = table.rows.map((row) => kept.map((name) => row[table.columns.indexOf(name)] ?? null));
        return { ...table, columns: kept, rows };
      }),
    });
    for (const [change, told] of [
      [without(["username", "password"]), "The table user has no column username, password."],
      [users((first) => [{ ...first, username: null }]), "Row 1 of table user: no username."],
      [users((first) => [{ ...first, username: "" }]), "Row 1 of table user: no username."],
      [users((first) => [{ ...first, password: null }]), "Row 1 of table user: no password."],
      [users((first) => [first, { ...first, id: 7n }]), "Row 7 of table user: the same username as another."],
      [
        (content: Content) => changeRows(content, "api_key", () => [{ ...key, user_id: 9n }]),
        "Row 3 of table api_key: the key of an account that does not exist.",
      ],
    ] as const) {
      const snapshot = await take(instance, change);
      for (const refused of [await instance.kuma.plan(snapshot), await instance.kuma.apply(snapshot, IDS)]) {
        assert.equal(refused.ok ? "applied" : refused.problem.code, "snapshot-inconsistent", told);
        assert.ok(
          !refused.ok && refused.problem.message === `Its accounts cannot be taken over. ${told}`,
          told,
        );
      }
      const examined = value(await instance.kuma.examine(snapshot.content));
      assert.ok(examined.faults.includes(told), "a primary does not publish it");
    }
    assert.deepEqual(await dumpAll(instance), before);
  });

  it("leaves its accounts alone without that rule, and where the snapshot has none", async (t) => {
    let rules: Rules = { accounts: true };
    const instance = await engine.makeInstance(t, () => rules);
    const own = await instance.query("SELECT * FROM user");
    const others = await take(instance, (content) =>
      changeRows(content, "user", ([first]) => [{ ...first, id: 5n, username: "other", password: "other" }]),
    );
    const none = await take(instance, (content) => changeRows(content, "user", () => []));
    value(await instance.kuma.apply(none, IDS));
    assert.deepEqual(await instance.query("SELECT * FROM user"), own);
    rules = {};
    assert.equal(value(await instance.kuma.plan(others)).empty, true);
    value(await instance.kuma.apply(others, IDS));
    assert.deepEqual(await instance.query("SELECT * FROM user"), own);
    assert.equal(
      value(await instance.kuma.read()).tables.some(({ name }) => name === "user"),
      false,
    );
  });

  it("keeps values that were set here of the primary's proxies, and follows where none were", async (t) => {
    const instance = await engine.makeInstance(t, () => ({ keepsValues: true }));
    const proxies = async (change: (row: Record<string, Value>) => Record<string, Value>) =>
      take(instance, (content) =>
        changeRows(content, "proxy", () =>
          [1n, 2n].map((id) => change({ ...PROXY, id, host: `primary-${id}` })),
        ),
      );
    await instance.sql("DELETE FROM proxy", "UPDATE monitor SET proxy_id = NULL");
    const before = await dumpAll(instance);
    value(await instance.kuma.apply(await proxies((row) => row), IDS));
    assert.deepEqual(await hosts(instance), ["primary-1", "primary-2"]);
    await instance.sql("UPDATE proxy SET host = 'here' WHERE id = 2");
    const edited = await proxies((row) => ({ ...row, port: 8080n }));
    const { notes } = value(await instance.kuma.apply(edited, NEXT_IDS));
    assert.deepEqual(await hosts(instance), ["primary-1", "here"]);
    assert.match(notes.join(), /Row 2 of table proxy: values of this instance's own stay/);
    const ports = await instance.query("SELECT port FROM proxy ORDER BY id");
    assert.deepEqual(ports, [{ port: 8080n }, { port: PROXY.port }]);
    assert.deepEqual(await countOwn(instance), [0, 1]);
    const again = value(await instance.kuma.plan(edited));
    assert.deepEqual([again.empty, again.notes], [true, []]);
    value(await instance.kuma.rollBack());
    await instance.sql("DELETE FROM proxy");
    assert.deepEqual((await dumpAll(instance)).proxy, before.proxy);
  });

  it("keeps what is here at the first apply, and never takes a row that was made here for the primary's", async (t) => {
    const instance = await engine.makeInstance(t, () => ({ keepsValues: true }));
    await instance.sql("DELETE FROM proxy", "UPDATE monitor SET proxy_id = NULL");
    const proxies = (...ids: bigint[]) =>
      take(instance, (content) =>
        changeRows(content, "proxy", () => ids.map((id) => ({ ...PROXY, id, host: `primary-${id}` }))),
      );
    value(await instance.kuma.apply(await proxies(1n), IDS));
    await instance.sql("UPDATE proxy SET host = 'bash', id = 1", "DELETE FROM replicator_remembered");
    value(await instance.kuma.apply(await proxies(1n), IDS));
    assert.deepEqual(await hosts(instance), ["bash"]);
    await instance.sql(
      "INSERT INTO proxy (id, user_id, protocol, host, port, auth) VALUES (2, 1, 'http', 'made here', 80, 0)",
    );
    value(await instance.kuma.apply(await proxies(1n, 2n), NEXT_IDS));
    assert.deepEqual(await hosts(instance), ["bash", "primary-2"]);
    const { notes } = value(await instance.kuma.apply(await proxies(2n), IDS));
    assert.match(notes.join(), /Row 1 of table proxy: removed with its own values/);
    assert.deepEqual(await hosts(instance), ["primary-2"]);
  });
}

const PROXY = {
  ...{ user_id: 1n, protocol: "http", port: 3128n, auth: 0n, username: null, password: null },
  ...{ active: 1n, default: 0n, created_date: "2026-01-02 03:04:05" },
};

async function hosts({ query }: ContractInstance): Promise<unknown[]> {
  return (await query("SELECT host FROM proxy ORDER BY id")).map(({ host }) => host);
}

/** Paused push monitors, and rows with own values. */
async function countOwn({ kuma }: ContractInstance): Promise<number[]> {
  const { paused, values } = value(await kuma.readOwn());
  return [paused, values];
}

/** Two push monitors, one of which is paused on the primary. */
function withPush(content: Content): Content {
  const [copied] = plainMonitors(content);
  return changeRows(content, "monitor", (rows) => {
    const monitor = { ...rows.find(({ id }) => id === copied), type: "push" };
    return [
      ...rows.map((row) => (row.type === "push" ? { ...row, type: "http" } : row)),
      { ...monitor, id: 9001n, name: "pushed", push_token: "one", active: 1n },
      { ...monitor, id: 9002n, name: "paused", push_token: "two", active: 0n },
    ];
  });
}

function setActive(content: Content, active: bigint): Content {
  return changeRows(content, "monitor", (rows) =>
    rows.map((row) => (row.id === 9001n ? { ...row, active } : row)),
  );
}

function pushes({ query }: ContractInstance) {
  return query("SELECT id, active FROM monitor WHERE type = 'push' ORDER BY id");
}
