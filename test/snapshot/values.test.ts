import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeValue, encodeValue } from "../../src/snapshot/index.ts";
import { value } from "./arbitrary.ts";

test("every value comes back as it was, through JSON text", () => {
  fc.assert(
    fc.property(value, (original) => {
      const back = decodeValue(JSON.parse(JSON.stringify(encodeValue(original))));
      assert.equal(typeof back, typeof original);
      if (typeof original === "object" || typeof original === "bigint") assert.deepEqual(back, original);
      else assert.ok(Object.is(back, original), `${String(original)} became ${String(back)}`);
    }),
    { numRuns: 2000 },
  );
});

test("the forms are the documented ones", () => {
  assert.equal(encodeValue(null), null);
  assert.equal(encodeValue(""), "");
  assert.equal(encodeValue(9007199254740991n), 9007199254740991);
  assert.deepEqual(encodeValue(9223372036854775807n), { i: "9223372036854775807" });
  assert.deepEqual(encodeValue(1.5), { r: 1.5 });
  assert.deepEqual(encodeValue(1), { r: 1 });
  assert.deepEqual(encodeValue(Number.NEGATIVE_INFINITY), { r: "-Infinity" });
  assert.deepEqual(encodeValue(Uint8Array.of(0, 255)), { b: "AP8=" });
});

test("a view into a larger buffer is encoded alone", () => {
  assert.deepEqual(encodeValue(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)), { b: "AgM=" });
});

for (const json of [
  undefined,
  true,
  1.5,
  2 ** 53,
  [],
  {},
  { i: "1" },
  { i: "9223372036854775808" },
  { i: "-9223372036854775809" },
  { i: "09223372036854775807" },
  { i: 42 },
  { r: "1.5" },
  { r: "+Infinity" },
  { r: null },
  { b: "AP8" },
  { b: "AP8=\n" },
  { b: "-_8=" },
  { b: "", r: 1 },
  { x: "" },
  { __proto__: null, constructor: "" },
]) {
  test(`refuses ${JSON.stringify(json)}`, () => assert.equal(decodeValue(json), undefined));
}
