import assert from "node:assert/strict";
import { it } from "node:test";
import { IDS, png, value } from "../fixtures.ts";
import type { ContractEngine } from "./engine.ts";
import { changeAll, dumpAll, NEXT_IDS, recolour, take } from "./support.ts";

/** rollBack and its preview. */
export function undoContract(engine: ContractEngine): void {
  it("undoes an apply to the last row and file", async (t) => {
    const instance = await engine.makeInstance(t);
    const before = await dumpAll(instance);
    value(await instance.kuma.apply(await take(instance, changeAll(png("another"))), IDS));
    assert.notDeepEqual(await dumpAll(instance), before);
    value(await instance.kuma.rollBack());
    assert.deepEqual(await dumpAll(instance), before);
    assert.equal(value(await instance.kuma.lastApply()), undefined);
  });

  it("undoes the last of two applies, and has the record of the one before again", async (t) => {
    const instance = await engine.makeInstance(t);
    value(await instance.kuma.apply(await take(instance, recolour), IDS));
    value(await instance.kuma.confirm());
    const between = await dumpAll(instance);
    const first = value(await instance.kuma.lastApply());
    value(await instance.kuma.apply(await take(instance, changeAll(png("another"))), NEXT_IDS));
    value(await instance.kuma.rollBack());
    assert.deepEqual(await dumpAll(instance), between);
    assert.deepEqual(value(await instance.kuma.lastApply()), { ...first, canUndo: false });
  });

  it("does nothing when there is nothing to undo", async (t) => {
    const instance = await engine.makeInstance(t);
    const before = await dumpAll(instance);
    value(await instance.kuma.rollBack());
    assert.equal(value(await instance.kuma.previewRollBack()), undefined);
    assert.deepEqual(await dumpAll(instance), before);
  });

  it("shows what an undo would do, with the edits since, and changes nothing", async (t) => {
    const instance = await engine.makeInstance(t);
    const original = value(await instance.kuma.read());
    value(await instance.kuma.apply(await take(instance, changeAll(png("another"))), IDS));
    await instance.sql(
      "UPDATE monitor SET name = 'edited since' WHERE id = 9000",
      "UPDATE tag SET color = '#654321' WHERE id = 1",
      "INSERT INTO monitor_tag (id, monitor_id, tag_id, value) VALUES (9100, 9000, 1, 'since')",
    );
    const before = await dumpAll(instance);
    const preview = value(await instance.kuma.previewRollBack());
    assert.ok(preview);
    assert.equal(preview.snapshotId, IDS.snapshotId);
    assert.equal(preview.changedAt, value(await instance.kuma.lastApply())?.changedAt);
    assert.deepEqual(preview.before, value(await instance.kuma.read()));
    assert.deepEqual(preview.after, original);
    assert.deepEqual(
      preview.edited.map(({ table, id, columns }) => ({ table, id, columns })),
      [
        { table: "tag", id: 1n, columns: ["color"] },
        { table: "monitor", id: 9000n, columns: [] },
      ],
    );
    assert.deepEqual(preview.dangling, [
      { table: "monitor_tag", id: 9100n, column: "monitor_id", fate: "row goes" },
    ]);
    assert.equal(preview.withoutHistory, 0);
    assert.deepEqual(await dumpAll(instance), before);
    value(await instance.kuma.rollBack());
    assert.deepEqual(value(await instance.kuma.read()), original);
  });
}
