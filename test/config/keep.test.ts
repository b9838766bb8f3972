import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseKeepPolicy } from "../../src/config/restic-options.ts";

describe("parseKeepPolicy", () => {
  it("takes restic's options in both of their forms", () => {
    assert.deepEqual(parseKeepPolicy("--keep-last 30 --keep-daily=7"), ["--keep-last=30", "--keep-daily=7"]);
    assert.deepEqual(parseKeepPolicy("--keep-within 1y5m7d2h --prune  --keep-tag=keep,me"), [
      "--keep-within=1y5m7d2h",
      "--prune",
      "--keep-tag=keep,me",
    ]);
  });

  it("is nothing when off", () => {
    assert.deepEqual(parseKeepPolicy("OFF"), []);
  });

  for (const text of [
    ...[
      "",
      "--prune",
      "30",
      "--keep-last",
      "--keep-last 0",
      "--keep-last=-1",
      "--keep-last x",
      "off --prune",
    ],
    ...[
      "--keep-daily 7 --tag other",
      "--keep-last 1 --host x",
      "--keep-last 1 --repo=/x",
      "--keep-within soon",
    ],
    ...[
      "--keep-last 1 --keep-tag --prune",
      "--keep-last 1; rm",
      "--keep-last 1 --password-command=x",
      "--constructor 1",
    ],
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseKeepPolicy(text), undefined));
  }
});
