import assert from "node:assert/strict";
import { it, type TestContext } from "node:test";
import type { Content } from "../../../src/snapshot/index.ts";
import { changeRows, IDS, removeMonitor, value } from "../fixtures.ts";
import type { ContractEngine, ContractInstance } from "./engine.ts";
import { countHistory, dumpAll, NEXT_IDS, plainMonitors, recolour, take } from "./support.ts";

/** What becomes of the history of monitors: confirm, dropHistory, and the identity of a monitor. */
export function historyContract(engine: ContractEngine): void {
  it("keeps the history of a removed monitor for the undo, until the next change is confirmed", async (t) => {
    const { instance, monitor } = await prepare(t, engine);
    const had = await countHistory(instance, monitor);
    const others = await instance.query(`SELECT * FROM heartbeat WHERE monitor_id <> ${monitor} ORDER BY id`);
    value(await instance.kuma.apply(await take(instance, (all) => removeMonitor(all, monitor)), IDS));
    value(await instance.kuma.confirm());
    assert.equal(await countHistory(instance, monitor), had);

    value(await instance.kuma.apply(await take(instance, recolour), NEXT_IDS));
    assert.equal(await countHistory(instance, monitor), had, "not before it is confirmed");
    assert.equal(value(await instance.kuma.lastApply())?.hasStaleHistory, true);
    value(await instance.kuma.confirm());
    assert.equal(await countHistory(instance, monitor), 0);
    assert.equal(value(await instance.kuma.lastApply())?.hasStaleHistory, false);
    assert.deepEqual(
      await instance.query(`SELECT * FROM heartbeat WHERE monitor_id <> ${monitor} ORDER BY id`),
      others,
    );
  });

  it("drops all history of removed monitors at once when asked to, and can undo all the same", async (t) => {
    const { instance, monitor } = await prepare(t, engine);
    value(await instance.kuma.apply(await take(instance, (all) => removeMonitor(all, monitor)), IDS));
    value(await instance.kuma.confirm());
    let dropped = value(await instance.kuma.dropHistory());
    while (dropped === "more") dropped = value(await instance.kuma.dropHistory());
    assert.equal(await countHistory(instance, monitor), 0);
    assert.equal(value(await instance.kuma.previewRollBack())?.withoutHistory, 1);
    value(await instance.kuma.rollBack());
    const back = await instance.query(`SELECT id FROM monitor WHERE id = ${monitor}`);
    assert.equal(back.length, 1);
  });

  it("gives a monitor under the id of another none of its history, and gives it back with the undo", async (t) => {
    const { instance, monitor } = await prepare(t, engine);
    const before = await dumpAll(instance);
    const had = await countHistory(instance, monitor);
    const snapshot = await take(instance, (all) => replaceMonitor(all, monitor));
    const { notes } = value(await instance.kuma.apply(snapshot, IDS));
    assert.match(notes.join(" "), /1 monitor has the id of another one here/);
    assert.equal(await countHistory(instance, monitor), 0);
    await instance.sql(
      `INSERT INTO heartbeat (monitor_id, status, time) VALUES (${monitor}, 1, '2026-02-02 00:00:00')`,
    );
    value(await instance.kuma.rollBack());
    assert.equal(await countHistory(instance, monitor), had);
    const { heartbeat, sqlite_sequence: _, ...after } = await dumpAll(instance);
    const { heartbeat: was, sqlite_sequence: __, ...rest } = before;
    assert.deepEqual(heartbeat, was);
    assert.deepEqual(after, rest);
  });

  it("inspects: history of monitors that do not exist, but for what an undo brings back, and the zone", async (t) => {
    const { instance, monitor } = await prepare(t, engine);
    await instance.sql(
      "DELETE FROM heartbeat WHERE monitor_id NOT IN (SELECT id FROM monitor)",
      `DELETE FROM setting WHERE "key" = 'serverTimezone'`,
      `INSERT INTO setting ("key", value, type) VALUES ('serverTimezone', '"America/New_York"', 'general')`,
    );
    value(await instance.kuma.apply(await take(instance, (all) => replaceMonitor(all, monitor)), IDS));
    const { zoneSetting, orphans } = value(await instance.kuma.inspect());
    assert.deepEqual([zoneSetting, orphans], ["America/New_York", []]);
    await instance.sql(
      "INSERT INTO heartbeat (monitor_id, status, time) VALUES (9999, 1, '2026-01-01 00:00:00')",
    );
    assert.deepEqual(value(await instance.kuma.inspect()).orphans, [{ table: "heartbeat", rows: 1 }]);
  });
}

async function prepare(
  t: TestContext,
  engine: ContractEngine,
): Promise<{ instance: ContractInstance; monitor: bigint }> {
  const instance = await engine.makeInstance(t);
  const [monitor = 0n] = plainMonitors(value(await instance.kuma.read()));
  const beats = Array.from({ length: 50 }, (_, n) => `(${monitor}, 1, '2026-01-01 00:00:${10 + n}')`);
  await instance.sql(`INSERT INTO heartbeat (monitor_id, status, time) VALUES ${beats.join(", ")}`);
  return { instance, monitor };
}

/** Another type, name and target under the same id. */
function replaceMonitor(content: Content, monitor: bigint): Content {
  return changeRows(content, "monitor", (rows) =>
    rows.map((row) =>
      row.id === monitor
        ? {
            ...row,
            type: "docker",
            name: "another thing",
            url: "https://another.example",
            hostname: "another",
          }
        : row,
    ),
  );
}
