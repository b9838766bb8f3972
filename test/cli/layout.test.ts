import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { table, wrap, wrapCommand } from "../../src/cli/layout.ts";

describe("text in a given width", () => {
  it("breaks between words, keeps the indent, and lets a word that is too long be", () => {
    assert.equal(wrap("one two three", 8), "one two\nthree");
    assert.equal(wrap("  one two three", 9, "  "), "  one two\n    three");
    assert.equal(wrap("see https://example.com/path", 10), "see\nhttps://example.com/path");
    assert.equal(wrap("one two three", Number.POSITIVE_INFINITY), "one two three");
  });

  it("counts what takes two columns, and colours as none", () => {
    assert.equal(wrap("漢字 漢字", 8), "漢字\n漢字");
    assert.equal(wrap("\u001b[31mone\u001b[39m two", 7), "\u001b[31mone\u001b[39m two");
  });

  it("breaks a table's last column beside the others, and below them where there is no room", () => {
    const rows = [
      ["ok", "settings", "Nothing at all is wrong with what they say."],
      ["", "", "→ Go on."],
    ];
    assert.equal(
      table(rows, { width: 38 }),
      [
        "ok  settings  Nothing at all is wrong",
        "              with what they say.",
        "              → Go on.",
      ].join("\n"),
    );
    assert.equal(
      table(rows, { width: 30 }),
      ["ok  settings", "  Nothing at all is wrong with", "  what they say.", "  → Go on."].join("\n"),
    );
  });

  it("continues a command so that the shell reads it as one, and never within quotes", () => {
    assert.equal(
      wrapCommand("  docker exec kuma replicator-kuma export | jq '.tables[] | .name'", 40),
      ["  docker exec kuma replicator-kuma \\", "    export | jq '.tables[] | .name'"].join("\n"),
    );
    assert.equal(wrapCommand("  run -e A=1 -v b:/b", 14), "  run -e A=1 \\\n    -v b:/b");
  });
});
