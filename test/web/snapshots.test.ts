import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { failure, type Result, success } from "../../src/result.ts";
import { answerSnapshots } from "../../src/web/snapshot-pages.ts";
import { type Comparison, limitSnapshotSource, type SnapshotSource } from "../../src/web/snapshot-source.ts";

const { signal } = new AbortController();
const ids = ["c", "b", "a"].map((digit) => digit.repeat(64));
const [newest = "", middle = "", oldest = ""] = ids;

/** Three snapshots, each onto the one before; `asked` counts what costs requests. */
function makeSource(compared?: Result<Comparison>) {
  const asked: string[] = [];
  const source: SnapshotSource = {
    list: async () => {
      asked.push("list");
      const snapshots = ids.map((id, index) => ({
        id,
        time: 1_000 - index,
        instanceName: "<fra>",
        parent: ids[index + 1]?.slice(0, 8),
      }));
      return success(snapshots);
    },
    compare: async (from, to) => {
      asked.push(`${from.slice(0, 1)} ${to.slice(0, 1)}`);
      const counts = { monitor: { added: 1, removed: 0, changed: 0 } };
      const lines = [`monitor "hush & <b>" added`];
      return compared ?? success({ lines, more: 3, counts, rows: { monitor: 12, tag: 1, file: 0 } });
    },
  };
  return { asked, source };
}

function ask(source: SnapshotSource, url: string) {
  const [path = "", query] = url.split("?");
  const hide = (text: string) => text.replaceAll("hush", "***");
  return answerSnapshots(source, { path, query: new URLSearchParams(query), hide, now: 2_000, signal });
}

describe("pages of snapshots", () => {
  it("list the snapshots, the latest first, each with its page", async () => {
    const { source, asked } = makeSource();
    const page = await ask(source, "/snapshots");
    assert.equal(page?.status, 200);
    const order = ids.map((id) =>
      page.body.indexOf(`<a href="snapshot?id=${id}"><code>${id.slice(0, 8)}</code></a> of &lt;fra&gt;`),
    );
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    assert.ok(order.every((at) => at > 0));
    assert.deepEqual(asked, ["list"]);
  });

  it("show of one what it holds, what it changed, and the way to the latest; no secret, no markup of others", async () => {
    const { source, asked } = makeSource();
    const page = await ask(source, `/snapshot?id=${middle}`);
    assert.deepEqual(asked, ["list", "a b"]);
    assert.equal(page?.status, 200);
    for (const text of [
      "<li>12 monitors</li><li>1 tag</li>",
      "1 monitor added",
      "monitor &quot;*** &amp; &lt;b&gt;&quot; added",
      "And 3 more",
      `diff?from=${middle}&to=${newest}`,
    ])
      assert.ok(page.body.includes(text), text);
  });

  it("say of the first one that the one before is not there", async () => {
    const page = await ask(makeSource().source, `/snapshot?id=${oldest}`);
    assert.match(page?.body ?? "", /The one before is not in the repository/);
  });

  it("show the difference between two, and the way back", async () => {
    const { source, asked } = makeSource();
    const page = await ask(source, `/diff?from=${oldest}&to=${newest.slice(0, 8)}`);
    assert.deepEqual(asked, ["list", "a c"]);
    assert.ok(page?.body.includes(`diff?from=${newest}&to=${oldest}`));
  });

  it("ask for nothing but the list where there is no such snapshot, and for nothing at all elsewhere", async () => {
    const { source, asked } = makeSource();
    for (const url of [
      "/snapshot",
      "/snapshot?id=d0d0d0d0",
      "/snapshot?id=--help",
      `/diff?from=${newest}&to=..`,
    ])
      assert.equal((await ask(source, url))?.status, 404, url);
    assert.deepEqual([...new Set(asked)], ["list"]);
    assert.equal(await ask(source, "/other"), undefined);
  });

  it("say what keeps a snapshot from being read, and what to do", async () => {
    const problem = { code: "repository-unreachable", message: "It is away (hush).", advice: "Wait." };
    const page = await ask(makeSource(failure(problem)).source, `/snapshot?id=${newest}`);
    assert.equal(page?.status, 503);
    assert.match(page.body, /It is away \(\*\*\*\)\..*Wait\./s);
  });
});

describe("the limits of reading snapshots", () => {
  it("keep a list for a minute and a difference for good", async (context) => {
    const { source, asked } = makeSource();
    const limited = limitSnapshotSource(source);
    for (let time = 0; time < 3; time++) {
      await limited.list(signal);
      await limited.compare(oldest, newest, signal);
    }
    assert.deepEqual(asked, ["list", "a c"]);
    const later = performance.now() + 61_000;
    context.mock.method(performance, "now", () => later);
    await limited.list(signal);
    await limited.compare(oldest, newest, signal);
    assert.deepEqual(asked, ["list", "a c", "list"]);
  });

  it("read one at a time, and turn away whoever would be the sixth to wait", async () => {
    let running = 0;
    let most = 0;
    const slow: SnapshotSource = {
      list: async () => success([]),
      compare: async (from) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
        return success({ lines: [from], more: 0, counts: {}, rows: {} });
      },
    };
    const limited = limitSnapshotSource(slow);
    const done = await Promise.all(Array.from({ length: 8 }, (_, n) => limited.compare(`${n}`, "x", signal)));
    assert.equal(most, 1);
    assert.deepEqual(
      done.map((result) => (result.ok ? "read" : result.problem.code)),
      [...Array(5).fill("read"), ...Array(3).fill("snapshots-busy")],
    );
    assert.ok((await limited.compare("again", "x", signal)).ok);
  });

  it("read no more than thirty differences in ten minutes, whoever asks", async (context) => {
    const { source, asked } = makeSource();
    const limited = limitSnapshotSource(source);
    for (let n = 0; n < 30; n++) assert.ok((await limited.compare(`${n}`, "x", signal)).ok);
    const refused = await limited.compare("one more", "x", signal);
    assert.equal(!refused.ok && refused.problem.code, "snapshots-limit");
    assert.equal(asked.length, 30);
    assert.ok((await limited.compare("29", "x", signal)).ok, "what was read is kept");
    const later = performance.now() + 601_000;
    context.mock.method(performance, "now", () => later);
    assert.ok((await limited.compare("one more", "x", signal)).ok);
  });
});
