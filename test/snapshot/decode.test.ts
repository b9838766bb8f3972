import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import {
  contentHash,
  decodeSnapshot,
  encodeSnapshot,
  MAX_SNAPSHOT_BYTES,
  type Snapshot,
} from "../../src/snapshot/index.ts";
import { snapshot } from "./arbitrary.ts";

const example: Snapshot = {
  origin: { kumaVersion: "2.5.3", instanceName: "a", instanceId: "i", createdAt: "2026-11-23T08:00:00.000Z" },
  content: {
    tables: [
      {
        name: "monitor",
        columns: ["id", "name", "user_id"],
        owner: "user_id",
        rows: [
          [1n, "x", 1n],
          [2n, null, 1n],
        ],
      },
      { name: "tag", columns: ["id"], defaults: { id: 1n }, rows: [[2n]] },
    ],
    files: [{ name: "logo1.png", bytes: Buffer.from("icon") }],
  },
};

function bytesOf(original: Snapshot): Buffer {
  return Buffer.concat([...encodeSnapshot(original)]);
}

function codeOf(bytes: Uint8Array): string {
  const decoded = decodeSnapshot(bytes);
  return decoded.ok ? "none" : decoded.problem.code;
}

/** Lines as somebody with the repository's password could write them: with a right end mark. */
function seal(lines: readonly string[], announced = lines.length): Buffer {
  const body = lines.map((line) => `${line}\n`).join("");
  const sha256 = createHash("sha256").update(body).digest("hex");
  return Buffer.from(`${body}${JSON.stringify({ lines: announced, sha256 })}\n`);
}

function linesOf(original: Snapshot): string[] {
  return bytesOf(original).toString("utf8").trimEnd().split("\n").slice(0, -1);
}

/** The example with its header changed. */
function withHeader(
  change: (
    header: Record<string, unknown> & { tables: Record<string, unknown>[]; files: Record<string, unknown>[] },
  ) => void,
): Buffer {
  const [header = "", ...rest] = linesOf(example);
  const parsed = JSON.parse(header);
  change(parsed);
  return seal([JSON.stringify(parsed), ...rest]);
}

function withLine(number: number, line: string): Buffer {
  return seal(linesOf(example).with(number, line));
}

test("any snapshot comes back as it was, with the same hash", () => {
  fc.assert(
    fc.property(snapshot, (original) => {
      const decoded = decodeSnapshot(bytesOf(original));
      assert.ok(decoded.ok, decoded.ok ? "" : decoded.problem.message);
      assert.deepEqual(decoded.value, original);
      assert.equal(contentHash(decoded.value.content), contentHash(original.content));
    }),
  );
});

test("one damaged byte anywhere is refused", () => {
  fc.assert(
    fc.property(snapshot, fc.nat(), fc.integer({ min: 1, max: 255 }), (original, position, change) => {
      const bytes = bytesOf(original);
      const at = position % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ change;
      assert.notEqual(codeOf(bytes), "none");
    }),
    { numRuns: 500 },
  );
});

test("cut off anywhere is refused", () => {
  const bytes = bytesOf(example);
  for (let length = 0; length < bytes.length; length += 1) {
    assert.notEqual(codeOf(bytes.subarray(0, length)), "none", `${length} bytes`);
  }
  assert.equal(codeOf(bytes.subarray(0, bytes.length - 200)), "snapshot-truncated");
});

test("any other bytes are refused, also when they end properly", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.notEqual(codeOf(bytes), "none")));
  fc.assert(
    fc.property(fc.array(fc.json().map((json) => json.replaceAll("\n", " "))), (lines) =>
      assert.equal(codeOf(seal(lines)), lines.length > 0 ? "snapshot-invalid" : "snapshot-truncated"),
    ),
  );
});

test("nothing may follow the end mark", () => {
  const bytes = bytesOf(example);
  for (const more of ["\n", "x", "x\n", "{}\n", bytes]) {
    assert.notEqual(codeOf(Buffer.concat([bytes, Buffer.from(more)])), "none");
  }
});

test("a newer format asks for an update and names both numbers", () => {
  const decoded = decodeSnapshot(seal([JSON.stringify({ format: 7, tables: "elsewhere" })]));
  assert.ok(!decoded.ok);
  assert.equal(decoded.problem.code, "snapshot-format-newer");
  assert.match(decoded.problem.message, /format 7.* up to 1/);
  assert.match(decoded.problem.advice, /Update/);
});

test("a cut off newer format is cut off first of all", () => {
  assert.equal(codeOf(Buffer.from('{"format":7}\n')), "snapshot-truncated");
});

test("too large is refused before it is read", () => {
  assert.equal(codeOf(Buffer.alloc(MAX_SNAPSHOT_BYTES + 1)), "snapshot-too-large");
});

const wrong: Record<string, Buffer> = {
  "format 0": withHeader((header) => (header.format = 0)),
  "an unknown key": withHeader((header) => (header.more = 1)),
  "a creation time that is none": withHeader((header) => (header.createdAt = "yesterday")),
  "fewer rows announced": withHeader(({ tables }) => Object.assign(tables[0] ?? {}, { rows: 1 })),
  "rows moved to another table": withHeader(({ tables }) => {
    Object.assign(tables[0] ?? {}, { rows: 1 });
    Object.assign(tables[1] ?? {}, { rows: 2 });
  }),
  "absurdly many rows": withHeader(({ tables }) => Object.assign(tables[0] ?? {}, { rows: 2 ** 52 })),
  "a negative count": withHeader(({ tables }) => Object.assign(tables[0] ?? {}, { rows: -1 })),
  "a table twice": withHeader(({ tables }) => Object.assign(tables[1] ?? {}, { name: "monitor" })),
  "a table with a hostile name": withHeader(({ tables }) =>
    Object.assign(tables[1] ?? {}, { name: '"; DROP' }),
  ),
  "unsorted columns": withHeader(({ tables }) =>
    Object.assign(tables[0] ?? {}, { columns: ["name", "id", "user_id"] }),
  ),
  "a column twice": withHeader(({ tables }) =>
    Object.assign(tables[0] ?? {}, { columns: ["id", "id", "user_id"] }),
  ),
  "no id": withHeader(({ tables }) => Object.assign(tables[1] ?? {}, { columns: ["ie"], defaults: {} })),
  "an owner that is no column": withHeader(({ tables }) =>
    Object.assign(tables[1] ?? {}, { owner: "user_id" }),
  ),
  "a default of no column": withHeader(({ tables }) =>
    Object.assign(tables[1] ?? {}, { defaults: { other: 1 } }),
  ),
  "a default that is no value": withHeader(({ tables }) =>
    Object.assign(tables[1] ?? {}, { defaults: { id: true } }),
  ),
  "the same id twice": withLine(2, '[1,"y",1]'),
  "ids out of order": withLine(2, '[-5,"y",1]'),
  "an id that is text": withLine(2, '["2","y",1]'),
  "a row that is too long": withLine(2, '[2,"y",1,1]'),
  "a row that is too short": withLine(2, '[2,"y"]'),
  "a row that is an object": withLine(2, '{"0":2,"length":3}'),
  "a row with a wrong value": withLine(2, "[2,true,1]"),
  "an empty line": withLine(2, ""),
  "deep nesting": withLine(2, "[".repeat(200_000)),
  "one line more than the end mark says": seal([...linesOf(example), "junk"], linesOf(example).length),
};
for (const [what, bytes] of Object.entries(wrong)) {
  test(`refuses ${what}`, () => assert.equal(codeOf(bytes), "snapshot-invalid"));
}

for (const name of [
  "../x",
  "a/b",
  "/etc/passwd",
  ".hidden",
  "..",
  ".",
  "",
  "a\\b",
  "a b",
  "ü.png",
  "a\u0000",
  "x".repeat(300),
]) {
  test(`refuses a file named ${JSON.stringify(name.slice(0, 20))}`, () => {
    assert.equal(
      codeOf(withHeader(({ files }) => Object.assign(files[0] ?? {}, { name }))),
      "snapshot-invalid",
    );
  });
}

test("a file with other bytes than its checksum names is refused", () => {
  const line = JSON.stringify(Buffer.from("evil").toString("base64"));
  assert.equal(codeOf(withLine(linesOf(example).length - 1, line)), "snapshot-damaged");
});

test("text that is not UTF-8 is refused even with a right checksum", () => {
  const body = Buffer.from(
    linesOf(example)
      .map((line) => `${line}\n`)
      .join(""),
  );
  body[body.indexOf('"x"') + 1] = 0xff;
  const sha256 = createHash("sha256").update(body).digest("hex");
  assert.equal(
    codeOf(Buffer.concat([body, Buffer.from(`${JSON.stringify({ lines: 5, sha256 })}\n`)])),
    "snapshot-invalid",
  );
});
