import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { meet } from "../../../src/diff/index.ts";
import { describeLost, notAdopted } from "../../../src/replication/replica/first-contact.ts";
import type { Content, Value } from "../../../src/snapshot/index.ts";

type Row = Readonly<Record<string, Value>>;

const monitor = (name: string, more: Row = {}): Row => ({
  type: "http",
  name,
  url: `https://${name}.example/`,
  ...more,
});

/** A content with these rows; ids count from `firstId`. Columns are those of the first row of a table. */
function contentOf(rows: Readonly<Record<string, readonly Row[]>>, firstId = 1n): Content {
  const tables = Object.entries(rows).map(([name, list]) => {
    const columns = ["id", ...Object.keys(list[0] ?? {})];
    const values = list.map((row, index) =>
      columns.map((column) => (column === "id" ? firstId + BigInt(index) : (row[column] ?? null))),
    );
    return { name, columns, defaults: {}, rows: values };
  });
  return { tables, files: [] };
}

const monitors = (...names: string[]) => contentOf({ monitor: names.map((name) => monitor(name)) });
const kind = (here: Content, snapshot: Content) => meet(here, snapshot).kind;

describe("first contact", () => {
  it("nothing here: a follower that loses nothing", () => {
    const empty = contentOf({ monitor: [], notification: [] });
    for (const here of [empty, contentOf({})])
      assert.deepEqual(meet(here, monitors("a")), { kind: "follower", lost: [] });
  });

  it("what it is counts, not its id", () => {
    const snapshot = monitors("a", "b");
    assert.deepEqual(meet(monitors("x", "y"), snapshot), {
      kind: "stranger",
      lost: ['monitor "x"', 'monitor "y"'],
    });
    const moved = contentOf({ monitor: [monitor("b"), monitor("a")] }, 500n);
    assert.deepEqual(meet(moved, snapshot), { kind: "follower", lost: [] });
  });

  it("more than half of the monitors known: a follower; half is not enough", () => {
    const snapshot = monitors("a", "b", "c", "d");
    assert.deepEqual(meet(monitors("a", "b", "x"), snapshot), { kind: "follower", lost: ['monitor "x"'] });
    assert.equal(kind(monitors("a", "x"), snapshot), "stranger");
    assert.equal(kind(monitors("a"), snapshot), "follower");
    assert.equal(kind(monitors("x"), snapshot), "stranger");
  });

  it("type, name and each kind of target tell two monitors apart; nothing else does", () => {
    const same = contentOf({ monitor: [monitor("a", { interval: 60n, hostname: null, port: null })] });
    const edited = contentOf({ monitor: [monitor("a", { interval: 20n, hostname: "", port: null })] });
    assert.equal(kind(edited, same), "follower");
    for (const other of [
      { type: "ping" },
      { name: "b" },
      { url: "https://b/" },
      { hostname: "h" },
      { port: 1n },
    ]) {
      const here = contentOf({ monitor: [{ ...monitor("a"), hostname: null, port: null, ...other }] });
      assert.equal(kind(here, same), "stranger", JSON.stringify(Object.keys(other)));
    }
  });

  it("a column that one of the two releases lacks says nothing", () => {
    const old = contentOf({ monitor: [monitor("a")] });
    const young = contentOf({ monitor: [monitor("a", { rabbitmq_nodes: "[]", subtype: "x" })] });
    assert.equal(kind(old, young), "follower");
    assert.equal(kind(young, old), "follower");
  });

  it("what the primary has edited under the same id is not told as a follower's loss", () => {
    const here = contentOf({ monitor: ["a", "b", "c", "d", "e"].map((name) => monitor(name)) });
    const edited = ["a", "b", "c"].map((name) => monitor(name));
    const renamed = monitor("d", { name: "d, renamed" });
    const moved = monitor("e", { url: "https://elsewhere.example/" });
    assert.deepEqual(meet(here, contentOf({ monitor: [...edited, renamed, moved] })).lost, []);
    assert.deepEqual(meet(here, contentOf({ monitor: [...edited, monitor("x"), monitor("y")] })).lost, [
      'monitor "d"',
      'monitor "e"',
    ]);
  });

  it("monitors alone decide where there are any; the rest is named all the same", () => {
    const tags = ["prod", "dev", "test"].map((name): Row => ({ name, color: "#fff" }));
    const snapshot = contentOf({ monitor: [monitor("a")], tag: tags, proxy: [] });
    const proxy = { protocol: "http", host: "10.0.0.1", port: 3128n };
    assert.equal(kind(contentOf({ monitor: [monitor("x")], tag: tags }), snapshot), "stranger");
    assert.deepEqual(meet(contentOf({ monitor: [monitor("a")], proxy: [proxy] }), snapshot), {
      kind: "follower",
      lost: ['proxy "10.0.0.1"'],
    });
  });

  it("without monitors the rest that people make decides", () => {
    const phone = { name: "phone", config: "{}" };
    const snapshot = contentOf({ monitor: [monitor("a")], notification: [phone] });
    assert.equal(kind(contentOf({ monitor: [], notification: [phone] }), snapshot), "follower");
    const other = { name: "phone", config: '{"to":"somebody else"}' };
    assert.deepEqual(meet(contentOf({ monitor: [], notification: [other] }), snapshot), {
      kind: "stranger",
      lost: ['notification "phone"'],
    });
    const unknownTable = contentOf({ remote_browser: [{ name: "b", url: "ws://b" }] });
    assert.equal(kind(unknownTable, snapshot), "stranger");
  });

  it("a snapshot without monitors takes none away unasked", () => {
    assert.equal(kind(monitors("a"), contentOf({ monitor: [] })), "stranger");
  });

  it("the problem names a few, counts the rest, and says how to go on", () => {
    const names = ["1", "2", "3", "4", "5", "6", "7"];
    assert.equal(describeLost(names), "1, 2, 3, 4, 5 and 2 more");
    assert.equal(describeLost(names.slice(0, 5)), "1, 2, 3, 4, 5");
    const { message, advice } = notAdopted({ id: "0123456789abcdef", instanceName: "fra" }, names);
    assert.match(message, /snapshot 01234567 of "fra" would remove or replace 1, .* and 2 more\.$/);
    assert.match(advice, /adopt --replace.*REPLICATOR_ADOPT=replace.*adopt --keep.*REPLICATOR_MODE/);
  });
});
