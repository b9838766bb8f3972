import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readLines } from "../../src/ntfy/stream.ts";

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]) {
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}

async function split(text: string, sizes: readonly number[], longest = 1_000): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(chunksOf(new TextEncoder().encode(text), sizes), longest))
    lines.push(line);
  return lines;
}

describe("readLines", () => {
  it("gives the same lines however the stream is cut, in the middle of a character, too", async () => {
    const texts = fc.array(fc.string({ unit: "binary" }).map((text) => text.replaceAll("\n", "")));
    await fc.assert(
      fc.asyncProperty(texts, fc.array(fc.nat({ max: 7 })), async (lines, sizes) => {
        // A byte order mark at the very beginning is not part of the text.
        const expected = lines.map((line, index) => (index === 0 ? line.replace(/^\uFEFF/, "") : line));
        assert.deepEqual(await split(lines.map((line) => `${line}\n`).join(""), sizes), expected);
      }),
    );
  });

  it("does not take half a line for one", async () => {
    assert.deepEqual(await split('{"whole":1}\n{"ha', [3, 9]), ['{"whole":1}']);
    assert.deepEqual(await split("", []), []);
  });

  it("leaves out a line that is too long, and only that one", async () => {
    const long = "x".repeat(50);
    const text = `a\n${long}\nb\n${long}${long}\n\nc\n`;
    for (const sizes of [[], [1, 1, 1, 1], [20, 20, 20, 20], Array(170).fill(1)])
      assert.deepEqual(await split(text, sizes, 10), ["a", "b", "", "c"]);
  });

  it("does not keep what never ends", async () => {
    const chunk = new Uint8Array(64 * 1024).fill(120);
    let used = 0;
    async function* endless() {
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < 4_000; i++) yield chunk;
      used = process.memoryUsage().heapUsed - before;
    }
    for await (const _ of readLines(endless(), 64 * 1024)) assert.fail("there is no whole line");
    assert.ok(used < 100 * 1024 * 1024, `${used} bytes of 250 MB are kept`);
  });
});
