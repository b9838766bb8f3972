import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { explain, recogniseLasting } from "../../src/repository/problems.ts";
import { parseSnapshots, tagsOf } from "../../src/repository/snapshots.ts";
import { parseVersion } from "../../src/repository/write-locked.ts";

describe("explain", () => {
  const because = (exitCode: number, stderr: string) => explain({ exitCode, stderr, secrets: ["pass-word"] });

  it("goes by the exit codes of 0.17.1 and newer, whatever the words", () => {
    const codes = {
      10: "repository-missing",
      11: "repository-locked",
      12: "wrong-password",
      130: "interrupted",
    };
    for (const [exitCode, code] of Object.entries(codes))
      assert.equal(because(Number(exitCode), "Fatal: said in a new way").code, code);
    assert.equal(because(99, "Fatal: something new").code, "restic-failed");
    assert.match(because(99, "").message, /^restic failed with exit code 99\.$/);
  });

  it("reads the JSON errors of 0.18 (as its documentation describes them)", () => {
    const stderr = [
      '{"message_type":"error","error":{"message":"lock: attempt failed"},"during":"archival","item":"/x"}',
      '{"message_type":"exit_error","code":12,"message":"Fatal: wrong password or no key found"}',
    ].join("\n");
    const problem = because(12, stderr);
    assert.equal(problem.code, "wrong-password");
    assert.match(problem.message, /\(restic: wrong password or no key found\)\.$/);
    const unreachable =
      '{"message_type":"exit_error","code":1,"message":"Fatal: dial tcp: connection refused"}';
    assert.equal(because(1, unreachable).code, "repository-unreachable");
  });

  it("takes an answer that breaks off for a repository that cannot be reached", () => {
    const stderr = 'Fatal: unable to open config file: client.Head: Head "http://127.0.0.1:1/x/config": EOF';
    assert.equal(because(1, stderr).code, "repository-unreachable");
  });

  it("goes by what restic gave up on, not by what it tried again", () => {
    const stderr = [
      "Load(<data/60ddba0743>, 0, 0) returned error, retrying after 5ms: read tcp: connection reset by peer",
      "Fatal: wrong password or no key found",
    ].join("\n");
    assert.equal(because(1, stderr).code, "wrong-password");
  });

  // As rclone 1.60 and restic 0.14 and 0.19 say it, with a WebDAV server.
  const opening =
    'rclone: 2026/11/27 18:21:16 Failed to create file system for "S:kuma": read metadata failed: ';
  const broken = {
    "0.14":
      'Fatal: unable to open repository at rclone:S:kuma: error talking HTTP to rclone: Get "http://localhost/file-5": unexpected EOF',
    "0.19":
      '{"message_type":"exit_error","code":1,"message":"Fatal: unable to open repository at rclone:S:kuma: error talking HTTP to rclone: exit status 1"}',
  };
  const refused = (what: string) => `rclone: 2026/11/27 18:23:48 ERROR : ${what}: Forbidden: 403 Forbidden`;

  it("tells what rclone says, not that restic heard nothing more of it", () => {
    for (const end of Object.values(broken)) {
      const said = (line: string) => because(1, `${line}\n${end}`).message;
      const denied = said(`${opening}Unauthorized: 401 Unauthorized`);
      assert.match(
        denied,
        /^The storage does not accept the credentials that rclone has \(restic: rclone: Failed.*401/,
      );
      const away = said(
        `${opening}Propfind "http://127.0.0.1:1/kuma": dial tcp 127.0.0.1:1: connect: connection refused`,
      );
      assert.match(away, /^rclone cannot reach the storage .*connection refused/);
      // restic may end before it has read that.
      assert.match(said(""), /^rclone could not open the storage that RESTIC_REPOSITORY names/);
    }
  });

  it("takes rclone's word for why a request failed, of which restic hears a bare 500", () => {
    const create =
      "Fatal: create repository at rclone:S:other failed: server response unexpected: 500 Internal Server Error (500)";
    const problem = because(1, `${refused(": Create repo failed to Mkdir")}\n${create}`);
    assert.equal(problem.code, "repository-read-only");
    assert.match(problem.message, /\(restic: rclone: Forbidden: 403 Forbidden\)\.$/);
  });

  it("does not wait for restic's patience with what rclone's storage refuses", () => {
    const codeOf = (what: string) => recogniseLasting(refused(what), [])?.code;
    assert.equal(codeOf("locks/1a05bf27: Post request put error"), "repository-read-only");
    assert.equal(codeOf("locks/1a05bf27: Delete request remove error"), "repository-read-only");
    assert.equal(codeOf("snapshots/1a05bf27: Delete request remove error"), "repository-append-only");
    const full =
      "rclone: 2026/11/27 18:23:48 ERROR : data/1a/1a05bf27: Post request put error: Insufficient Storage: 507 Insufficient Storage";
    assert.equal(recogniseLasting(full, [])?.code, "disk-full");
    const passing =
      "rclone: 2026/11/27 18:23:48 ERROR : data/1a/1a05bf27: Post request put error: dial tcp 127.0.0.1:1: connect: connection refused";
    assert.equal(recogniseLasting(passing, []), undefined);
    assert.equal(
      recogniseLasting("rclone: 2026/11/27 18:23:48 NOTICE: Config file not found", []),
      undefined,
    );
  });

  it("lets no secret and no line break into the sentence", () => {
    const { message } = because(
      1,
      "one\nFatal: pass-word is not at https://me:pw@host/x\nIs there a repository?\n",
    );
    assert.match(message, /\(restic: \*\*\* is not at https:\/\/\*\*\*@host\/x\)\.$/);
  });
});

describe("stack traces", () => {
  it("never reach the sentence, as text (0.14) or in JSON (0.19)", () => {
    const trace =
      "failed to remove\nmain.init\n\tgithub.com/restic/cmd_forget.go:67\nruntime.goexit\n\truntime/asm_amd64.s:1594";
    const json = JSON.stringify({ message_type: "exit_error", code: 3, message: trace });
    for (const stderr of [trace, json]) {
      const { message } = explain({ exitCode: 3, stderr, secrets: [] });
      assert.equal(message, "restic failed with exit code 3 (restic: failed to remove).");
    }
  });
});

describe("recogniseLasting", () => {
  const code = (line: string) => recogniseLasting(line, ["hush"])?.code;
  const retry = (what: string, why: string) => `${what} returned error, retrying after 552.330144ms: ${why}`;

  it("gives up what will not pass, wherever it is met", () => {
    assert.equal(code(retry("Save(<data/60ddba0743>)", "write /x: no space left on device")), "disk-full");
    assert.equal(
      code(retry("Load(<snapshot/ab>, 0, 0)", "open /x: permission denied")),
      "repository-unreachable",
    );
    assert.equal(code(retry("List(key)", "Access Denied.")), "repository-unreachable");
    const refused = "blob not removed, server response: 403 Forbidden (403)";
    assert.equal(code(retry("Remove(<snapshot/ab>)", refused)), "repository-append-only");
    assert.equal(code(retry("Remove(<lock/ab>)", refused)), "repository-read-only");
  });

  it("gives up what may pass only while the repository is being opened", () => {
    const why = 'Head "https://hush@host/": dial tcp: connection refused';
    assert.equal(code(retry("Stat(<config/>)", why)), "repository-unreachable");
    assert.doesNotMatch(recogniseLasting(retry("Stat(<config/>)", why), ["hush"])?.message ?? "", /hush/);
    assert.equal(code(retry("Save(<data/60ddba0743>)", why)), undefined);
    assert.equal(code(retry("Stat(<config/>)", "never seen before")), undefined);
    assert.equal(code("Fatal: Access Denied."), undefined, "restic gives up by itself");
  });
});

describe("parseSnapshots", () => {
  const id = (digit: string) => digit.repeat(64);
  const ours = (digit: string, time: string, more: Record<string, unknown> = {}) => ({
    ...{ id: id(digit), time, hostname: "h", username: "root", paths: ["/replicator-kuma.jsonl"] },
    tags: ["replicator-kuma", `content:${id("c")}`, "instance:i"],
    ...more,
  });
  const parse = (list: unknown) =>
    parseSnapshots(JSON.stringify(list))
      ?.snapshots.map((info) => info.id[0])
      .join("");

  it("orders by time, whatever its zone, then by id", () => {
    const list = [
      ours("4", "2026-11-23T12:00:00.5+02:00"),
      ours("3", "2026-11-23T10:00:00.123456789Z"),
      ours("2", "2026-11-23T10:00:00.123456789Z"),
      ours("1", "2026-11-23T11:00:00Z"),
    ];
    assert.equal(parse(list), "2341");
  });

  it("leaves out what is not ours or not whole", () => {
    const time = "2026-11-23T12:00:00Z";
    const tags = (...more: string[]) => ({ tags: ["replicator-kuma", ...more] });
    const content = `content:${id("c")}`;
    const list = [
      ours("1", time, { tags: undefined }),
      ours("2", time, { tags: [content, "instance:i"] }),
      ours("3", time, tags(content)),
      ours("4", time, tags("content:xyz", "instance:i")),
      ours("5", time, tags(content, `content:${id("d")}`, "instance:i")),
      ours("6", time, tags(content, "instance:i", "parent:nothing")),
      ours("7", time, tags(content, "instance:i", "parent:12345678", "parent:87654321")),
      ours("8", "at noon"),
      ours("9", time, { id: "short" }),
      ours("a", time, { hostname: 7 }),
      ...[null, 1, "text", []],
      ours("b", time, tags(content, "instance:i", "parent:12345678", "something:else")),
      ...["0", "-1", "1.5", "1e3", "", "9".repeat(16)].map((bad, index) =>
        ours("cdef01"[index] ?? "", time, tags(content, "instance:i", `generation:${bad}`)),
      ),
    ];
    assert.equal(parse(list), "b");
  });

  it("orders by the generation that a tag tells, before any time", () => {
    const tags = (generation: number) =>
      tagsOf({ contentHash: id("c"), instanceId: "i", parent: undefined, generation });
    const list = [
      ours("3", "2026-11-23T10:00:00Z", { tags: tags(3) }),
      ours("1", "2026-11-23T12:00:00Z", { tags: tags(1) }),
      ours("2", "2026-11-23T11:00:00Z", { tags: tags(2) }),
    ];
    assert.equal(parse(list), "123");
  });

  it("takes null for an empty list, and refuses what is no list", () => {
    assert.equal(parse(null), "");
    for (const text of ["", "{}", "[1", "7", '"x"']) assert.equal(parseSnapshots(text), undefined, text);
    fc.assert(fc.property(fc.json(), (json) => void parseSnapshots(json)));
  });
});

describe("parseVersion", () => {
  it("knows from when on restic waits for a lock", () => {
    const answers: Record<string, boolean> = {
      "restic 0.14.0 compiled with go1.19.8 on linux/amd64": false,
      "restic 0.15.2 compiled with": false,
      "restic 0.16.0 compiled with": true,
      "restic 0.19.1-dev (compiled manually)": true,
      "restic 1.0.0": true,
      "not restic": false,
    };
    for (const [text, canRetryLock] of Object.entries(answers))
      assert.deepEqual(parseVersion(text), { canRetryLock }, text);
  });
});
