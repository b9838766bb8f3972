import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeSnapshot, encodeWhole, type Snapshot } from "../../src/snapshot/index.ts";

const origin = {
  kumaVersion: "2.5.3",
  instanceName: "a",
  instanceId: "i",
  createdAt: "2026-11-23T08:00:00.000Z",
};

test("a snapshot is the documented lines", () => {
  const snapshot: Snapshot = {
    origin,
    content: {
      tables: [{ name: "tag", columns: ["color", "id"], rows: [["#é", 1n]] }],
      files: [{ name: "a.png", bytes: Buffer.from("x") }],
    },
  };
  const lines = Buffer.concat([...encodeSnapshot(snapshot)])
    .toString("utf8")
    .split("\n");
  const sha256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
  assert.deepEqual(JSON.parse(lines[0] ?? ""), {
    format: 1,
    kumaVersion: "2.5.3",
    instance: { name: "a", id: "i" },
    createdAt: origin.createdAt,
    tables: [{ name: "tag", columns: ["color", "id"], rows: 1 }],
    files: [{ name: "a.png", sha256, size: 1 }],
  });
  assert.deepEqual(lines.slice(1, 3), ['["#é",1]', '"eA=="']);
  assert.match(lines[3] ?? "", /^\{"lines":3,"sha256":"[0-9a-f]{64}"\}$/);
  assert.equal(lines[4], "");
});

test("rows are joined into chunks and never all held at once", () => {
  const rows = Array.from({ length: 10_000 }, (_, number) => [BigInt(number), "x".repeat(100)]);
  const chunks = [
    ...encodeSnapshot({
      origin,
      content: { tables: [{ name: "tag", columns: ["id", "name"], rows }], files: [] },
    }),
  ];
  assert.ok(chunks.length > 10 && chunks.length < 30, `${chunks.length} chunks`);
  assert.ok(chunks.slice(0, -1).every((chunk) => chunk.byteLength >= 64 * 1024));
});

test("no more is published than a replica takes, and what is too large is named", () => {
  const content = {
    tables: [{ name: "tag", columns: ["id", "name"], rows: [[1n, "x".repeat(100)]] }],
    files: [{ name: "a.png", bytes: Buffer.alloc(3_000) }],
  };
  const whole = encodeWhole({ origin, content });
  assert.ok(whole.ok);
  const bytes = Buffer.concat(whole.value);
  assert.deepEqual(bytes, Buffer.concat([...encodeSnapshot({ origin, content })]));
  assert.ok(encodeWhole({ origin, content }, bytes.byteLength).ok);

  const refused = encodeWhole({ origin, content }, bytes.byteLength - 1);
  assert.ok(!refused.ok && refused.problem.code === "snapshot-too-large");
  assert.match(refused.problem.message, /^Not published: .* most of it are uploaded icons\.$/);
  const texts = encodeWhole({ origin, content: { ...content, files: [] } }, 200);
  assert.match(texts.ok ? "" : texts.problem.message, /the rows of table tag/);
});
