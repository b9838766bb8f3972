import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { askFor, askStatus, serveControl } from "../../src/control/index.ts";
import { PROTOCOL_VERSION } from "../../src/control/protocol.ts";
import type { Handler } from "../../src/control/server.ts";
import type { Result } from "../../src/result.ts";
import { waitFor } from "../support/wait.ts";

const ignore = () => undefined;

let dir: string;
let close: (() => void) | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "control-"));
});
afterEach(() => {
  close?.();
  close = undefined;
  rmSync(dir, { recursive: true });
});

async function serve(handler: Handler): Promise<void> {
  const served = await serveControl(dir, handler);
  assert.ok(served.ok, served.ok ? "" : served.problem.message);
  close = served.value;
}

/** Sends a raw line and gives the raw answer. */
async function raw(line: string): Promise<string> {
  const socket = connect(join(dir, "control.sock"));
  socket.write(line);
  let answer = "";
  socket.setEncoding("utf8").on("data", (text) => {
    answer += text;
  });
  await once(socket, "close");
  return answer;
}

describe("control socket", () => {
  it("is for its own user alone", async () => {
    await serve(async () => ({ type: "done", message: "" }));
    assert.equal(statSync(join(dir, "control.sock")).mode & 0o777, 0o600);
  });

  it("passes on progress in order, then the end", async () => {
    await serve(async (request, onProgress) => {
      assert.deepEqual(request, { do: "promote", asIs: true });
      onProgress("one");
      await new Promise((resolve) => setTimeout(resolve, 20));
      onProgress('two\n"漢"');
      return { type: "done", message: "three" };
    });
    const progress: string[] = [];
    const done = await askFor(dir, { do: "promote", asIs: true }, (message) => progress.push(message));
    assert.deepEqual(done, { ok: true, value: "three" });
    assert.deepEqual(progress, ["one", 'two\n"漢"']);
  });

  it("hands a problem over as it is", async () => {
    const problem = { code: "x", message: "No.", advice: "Wait." };
    await serve(async () => ({ type: "failed", problem }));
    assert.deepEqual(await askFor(dir, { do: "demote" }, ignore), { ok: false, problem });
  });

  it("takes an import of megabytes", async () => {
    const snapshot = "x".repeat(8 * 1024 * 1024);
    await serve(async (request) => ({
      type: "done",
      message: request.do === "import" ? String(request.snapshot.length) : "",
    }));
    assert.deepEqual(await askFor(dir, { do: "import", snapshot }, ignore), {
      ok: true,
      value: String(snapshot.length),
    });
  });

  it("survives a handler that throws", async () => {
    await serve(async () => Promise.reject(new Error("defect")));
    for (const _ of [1, 2]) {
      const answer = await askStatus(dir);
      assert.ok(!answer.ok && answer.problem.code === "internal");
    }
  });

  it("replaces a socket file that a killed process left, and nothing else", async () => {
    const path = join(dir, "control.sock");
    await serve(async () => ({ type: "done", message: "old" }));
    // Another server on the same path, as after a kill: the file is there, and nobody of ours listens.
    const again = await serveControl(dir, async () => ({ type: "done", message: "new" }));
    assert.ok(again.ok);
    assert.deepEqual(await askFor(dir, { do: "demote" }, ignore), { ok: true, value: "new" });
    again.value();
    rmSync(path, { force: true });
    writeFileSync(path, "somebody's file");
    const refused = await serveControl(dir, async () => ({ type: "done", message: "" }));
    assert.ok(!refused.ok && refused.problem.code === "control-unavailable");
  });

  it("says so when the path is longer than the system allows, on both sides", async () => {
    const deep = join(dir, "漢".repeat(40));
    const served = await serveControl(deep, async () => ({ type: "done", message: "" }));
    const asked = await askStatus(deep);
    for (const result of [served, asked]) {
      assert.ok(!result.ok && result.problem.code === "socket-path-too-long");
      assert.match(result.problem.message, /107/);
    }
  });

  it("refuses a client of another version, and nonsense", async () => {
    await serve(async () => ({ type: "done", message: "" }));
    const answer = JSON.parse(await raw('{"version":99,"do":"dance"}\n'));
    assert.equal(answer.version, PROTOCOL_VERSION);
    assert.match(answer.problem.message, /version 1 .* version 99\./);
    for (const line of [
      "\n",
      "nonsense\n",
      '{"version":1,"do":"dance"}\n',
      '{"version":1,"do":"restore","snapshotId":"--help"}\n',
    ])
      assert.equal(JSON.parse(await raw(line)).problem.code, "control-garbage");
  });

  it("reports a supervisor of another version, nonsense, and a sudden end", async () => {
    const answers = ['{"version":2,"type":"new"}\n', "nonsense\n", ""];
    const server = createServer((socket) => socket.end(answers.shift() ?? ""));
    server.listen(join(dir, "control.sock"));
    await once(server, "listening");
    try {
      for (const code of ["control-version", "control-garbage", "control-cut-off"]) {
        const answer = await askStatus(dir);
        assert.equal(answer.ok ? "" : answer.problem.code, code);
      }
    } finally {
      server.close();
    }
  });

  it("says so when nobody listens", async () => {
    const answer = await askStatus(dir);
    assert.ok(!answer.ok && answer.problem.code === "no-supervisor");
  });

  it("ends at once with a request under way and a client that says nothing", async () => {
    await serve(() => new Promise(() => undefined));
    const silent = connect(join(dir, "control.sock"));
    await once(silent, "connect");
    const asked = askFor(dir, { do: "demote" }, ignore);
    await new Promise((resolve) => setTimeout(resolve, 50));
    close?.();
    const answer = await asked;
    assert.ok(!answer.ok && answer.problem.code === "control-cut-off");
    await once(silent, "close");
  });

  it("answers commands while a hundred clients say nothing", async () => {
    await serve(async () => ({ type: "done", message: "here" }));
    const silent = Array.from({ length: 100 }, () => connect(join(dir, "control.sock")).on("error", ignore));
    try {
      await Promise.all(silent.map((socket) => once(socket, "connect")));
      const answer = await askFor(dir, { do: "sync", retry: false }, ignore);
      assert.deepEqual(answer, { ok: true, value: "here" });
    } finally {
      for (const socket of silent) socket.destroy();
    }
  });

  it("keeps a place for a status while commands wait for one another, and says so to one too many", async () => {
    let finish: () => void = ignore;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await serve(async (request) => {
      if (request.do !== "status") await finished;
      return { type: "failed", problem: { code: request.do, message: "", advice: "" } };
    });
    const waiting = Array.from({ length: 16 }, () => askFor(dir, { do: "demote" }, ignore));
    const code = async (asked: Promise<Result<unknown>>) => {
      const result = await asked;
      return result.ok ? "" : result.problem.code;
    };
    await waitFor(
      "all places are taken",
      async () => (await code(askFor(dir, { do: "demote" }, ignore))) === "control-busy" || undefined,
    );
    assert.equal(await code(askStatus(dir)), "status");
    finish();
    for (const each of waiting) assert.equal(await code(each), "demote");
    assert.equal(await code(askFor(dir, { do: "demote" }, ignore)), "demote", "and then there is room again");
  });

  it("goes on with the work when the client goes away", async () => {
    let finish: () => void = ignore;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await serve(async (_request, onProgress) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      onProgress("nobody hears this");
      finish();
      return { type: "done", message: "" };
    });
    const socket = connect(join(dir, "control.sock"));
    socket.write('{"version":1,"do":"demote"}\n');
    await once(socket, "connect");
    setTimeout(() => socket.destroy(), 10);
    await finished;
    assert.ok(!(await askStatus(dir)).ok, "and serves the next");
  });
});
