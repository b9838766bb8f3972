import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { errorCode, errorMessage, formatDuration } from "../src/format.ts";

describe("formatDuration", () => {
  it("takes one unit, or two where the first is small", () => {
    const lengths: readonly [number, string][] = [
      [-5, "0 s"],
      [0, "0 s"],
      [430, "0.4 s"],
      [2_000, "2 s"],
      [9_940, "9.9 s"],
      [9_960, "10 s"],
      [59_400, "59 s"],
      [59_960, "1 min"],
      [90_000, "1 min 30 s"],
      [3_540_000, "59 min"],
      [3_600_000, "1 h"],
      [7_500_000, "2 h 5 min"],
      [86_400_000, "1 day"],
      [90_000_000, "1 day 1 h"],
      [864_000_000, "10 days"],
    ];
    for (const [length, words] of lengths) assert.equal(formatDuration(length), words);
  });
});

describe("errorMessage", () => {
  it("gives the cause's message where there is a cause, and takes what is no error", () => {
    assert.equal(errorMessage(new Error("why")), "why");
    assert.equal(
      errorMessage(new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") })),
      "ECONNREFUSED",
    );
    assert.equal(errorMessage("text"), "text");
  });
});

describe("errorCode", () => {
  it("is undefined for an error without a code", () => {
    assert.equal(errorCode(Object.assign(new Error("no"), { code: "ENOENT" })), "ENOENT");
    assert.equal(errorCode(new Error("no")), undefined);
  });
});
