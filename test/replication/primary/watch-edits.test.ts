import assert from "node:assert/strict";
import { test } from "node:test";
import { createEditWatch } from "../../../src/replication/primary/watch-edits.ts";

/**
 * What is asked for at each look, two seconds apart, when these contents are seen and what is asked for is published.
 */
function publishes(
  contents: readonly string[],
  publish: (seen: string) => string = (seen) => seen,
): string[] {
  const judge = createEditWatch();
  let published = contents[0];
  return contents.flatMap((seen, look) => {
    if (judge(seen, published, look * 2_000) !== "publish") return [];
    published = publish(seen);
    return [`${look * 2} s: ${seen}`];
  });
}

test("an edit is published once it has rested from one look to the next", () => {
  assert.deepEqual(publishes([..."aabbbbbb"]), ["6 s: b"]);
});

test("while editing goes on, what there is is published after 15 s, and again after as long", () => {
  assert.deepEqual(publishes([..."abcdefghijklmnopqrst"]), ["18 s: j", "36 s: s"]);
});

test("two edits within 15 s are two publishes, 15 s apart", () => {
  assert.deepEqual(publishes([..."abbccccccccccc"]), ["4 s: b", "20 s: c"]);
});

test("an edit that is taken back before it has rested is none", () => {
  assert.deepEqual(publishes([..."aabaaaaaa"]), []);
});

test("what could not be published is not asked for again, but the next edit is", () => {
  assert.deepEqual(
    publishes([..."abbbbbbbbbbbbbbcc"], () => "a"),
    ["4 s: b", "32 s: c"],
  );
});
