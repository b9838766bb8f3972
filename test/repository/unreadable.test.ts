import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import type { RepositoryOptions } from "../../src/repository/index.ts";
import { list } from "../../src/repository/list.ts";
import type { Restic } from "../../src/repository/restic.ts";
import { success } from "../../src/result.ts";
import { HASH, makeFolder, makeRepository, never, open, request, restic } from "../support/repository.ts";

const folder = makeFolder();
const path = join(folder, "readable");
let newest = "";

before(async () => {
  await makeRepository(path);
  await open(path).publish(request("first"), never);
  const published = await open(path).publish(request("second"), never);
  assert.ok(published.ok);
  newest = readdirSync(join(path, "snapshots")).find((id) => id.startsWith(published.value.id)) ?? "";
  assert.notEqual(newest, "");
});

/** A copy of the repository with some of its snapshots' files changed, seen by an instance that has no cache yet. */
function openCopy(change: (file: string) => void, which = [newest], options?: Partial<RepositoryOptions>) {
  const copy = join(mkdtempSync(join(folder, "copy-")), "r");
  cpSync(path, copy, { recursive: true });
  for (const id of which) {
    const file = join(copy, "snapshots", id);
    chmodSync(file, 0o600);
    change(file);
  }
  const RESTIC_CACHE_DIR = mkdtempSync(join(folder, "cache-"));
  return { copy, repository: open(copy, { RESTIC_CACHE_DIR }, options) };
}

describe("a snapshot whose file cannot be read", () => {
  const damages: Record<string, (file: string) => void> = {
    emptied: (file) => truncateSync(file, 0),
    "cut off": (file) => truncateSync(file, 100),
    garbage: (file) => writeFileSync(file, Buffer.alloc(400, 7)),
    "under another name": (file) => renameSync(file, file.replace(/\w{64}$/, "ab".repeat(32))),
  };
  for (const [name, damage] of Object.entries(damages))
    it(`is a failure, not a list without it: ${name}`, async () => {
      const listed = await openCopy(damage).repository.list(never);
      assert.equal(!listed.ok && listed.problem.code, "repository-damaged");
      const id = name === "under another name" ? "abababab" : newest.slice(0, 8);
      assert.match(
        listed.ok ? "" : listed.problem.message,
        new RegExp(`^Snapshot ${id} in .* cannot be read\\.$`),
      );
    });

  it("is never an empty repository when it is every one of them", async () => {
    const all = readdirSync(join(path, "snapshots"));
    const listed = await openCopy((file) => truncateSync(file, 0), all).repository.list(never);
    assert.equal(!listed.ok && listed.problem.code, "repository-damaged");
    assert.match(listed.ok ? "" : listed.problem.message, /^Snapshot \w{8} and 1 more in/);
  });

  it("is a failure too when it is somebody else's: whose it is cannot be known", async () => {
    const { copy, repository } = openCopy(() => undefined);
    const before = new Set(readdirSync(join(copy, "snapshots")));
    await restic(copy, ["backup", "-q", "--stdin", "--stdin-filename=theirs"], "theirs");
    const [theirs = ""] = readdirSync(join(copy, "snapshots")).filter((id) => !before.has(id));
    chmodSync(join(copy, "snapshots", theirs), 0o600);
    truncateSync(join(copy, "snapshots", theirs), 0);
    const listed = await repository.list(never);
    assert.equal(!listed.ok && listed.problem.code, "repository-damaged");
  });

  it("does no harm where it was read before", async () => {
    const { copy, repository } = openCopy(() => undefined);
    assert.ok((await repository.list(never)).ok);
    chmodSync(join(copy, "snapshots", newest), 0o600);
    truncateSync(join(copy, "snapshots", newest), 0);
    const listed = await repository.list(never);
    assert.equal(listed.ok && listed.value.at(-1)?.id, newest);
  });
});

describe("a list during which restic says something", () => {
  const id = (digit: string) => digit.repeat(64);
  const bytes = (text: string) => new TextEncoder().encode(text);
  /** A restic that knows these snapshots at its first, second, … `snapshots`, and these files between the first two. */
  const ask = async (lists: readonly string[], files: string, stderr = "Warning: the cache is old\n") => {
    const asked: string[] = [];
    const answers = [...lists];
    const fake: Restic = async ({ args }) => {
      asked.push(args.slice(0, 2).join(" "));
      if (args[0] === "list") return success({ stdout: bytes([...files].map(id).join("\n")), stderr: "" });
      const snapshots = [...(answers.shift() ?? "")].map((digit) => ({
        ...{ id: id(digit), time: "2026-11-23T12:00:00Z", hostname: "h" },
        tags: ["replicator-kuma", `content:${HASH}`, "instance:i"],
      }));
      return success({ stdout: bytes(JSON.stringify(snapshots)), stderr });
    };
    const listed = await list({ restic: fake, limit: 1_000, signal: never });
    return {
      asked,
      result: listed.ok ? listed.value.snapshots.map((info) => info.id[0]).join("") : listed.problem.code,
    };
  };

  it("is counted, and only then", async () => {
    assert.deepEqual(await ask(["12"], "12"), {
      asked: ["snapshots --json", "list snapshots"],
      result: "12",
    });
    for (const silence of ["", "\n", "subprocess ssh: a banner\n", "rclone: NOTICE: no config file\n"])
      assert.deepEqual(await ask(["12"], "12", silence), { asked: ["snapshots --json"], result: "12" });
  });

  it("may be overtaken by a publish and by a forget", async () => {
    assert.equal((await ask(["12", "123"], "123")).result, "123");
    assert.equal((await ask(["12", "2"], "2")).result, "12");
    assert.equal((await ask(["12", "2"], "123")).result, "repository-damaged");
  });
});
