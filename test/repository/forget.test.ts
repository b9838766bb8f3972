import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import {
  makeFolder,
  makeRepository,
  never,
  open,
  request,
  restic,
  resticEnvironment,
} from "../support/repository.ts";

const folder = makeFolder();
const path = join(folder, "forget");

const listed = async () =>
  JSON.parse(await restic(path, ["snapshots", "--json", "--no-lock"])) as { id: string; short_id: string }[];

const ids = async () => (await listed()).map(({ short_id }) => short_id);

/** Whatever the policy does not keep may go. */
const all = async (...policy: string[]) => ({ policy, candidates: (await listed()).map(({ id }) => id) });

async function publishFrom(instanceName: string): Promise<string> {
  const published = await open(path, {}, { instanceName }).publish(request(instanceName), never);
  assert.ok(published.ok);
  return published.value.id.slice(0, 8);
}

describe("forget", () => {
  before(() => makeRepository(path));

  it("forgets by the policy what is ours, of all instances together, and nothing else", async () => {
    await restic(path, ["backup", "-q", "--stdin", "--stdin-filename=theirs"], "no tag");
    await restic(path, ["backup", "-q", "--stdin", "--stdin-filename=theirs"], "no tag, newer");
    await restic(path, ["backup", "-q", "--stdin", "--tag=replicator-kuma"], "our tag on another file");
    await restic(path, ["backup", "-q", "--stdin", "--tag=replicator-kuma"], "the same, newer");
    const others = await ids();
    await publishFrom("one");
    await publishFrom("one");
    const kept = [await publishFrom("one"), await publishFrom("two")];

    const done = await open(path).forget(await all("--keep-last=2", "--prune"), never);
    assert.deepEqual(done, { ok: true, value: { forgotten: 2 } });
    assert.deepEqual(new Set(await ids()), new Set([...others, ...kept]));
    assert.deepEqual(await open(path).forget(await all("--keep-last=2"), never), {
      ok: true,
      value: { forgotten: 0 },
    });
    assert.match(await restic(path, ["check"]), /no errors/);
  });

  it("forgets none but the candidates, whatever restic proposes", async () => {
    const spared = await publishFrom("one");
    await publishFrom("one");
    const { policy, candidates } = await all("--keep-last=1");
    const done = await open(path).forget(
      { policy, candidates: candidates.filter((id) => !id.startsWith(spared)) },
      never,
    );
    assert.ok(done.ok);
    assert.ok((await ids()).includes(spared));
    assert.deepEqual(await open(path).forget({ policy, candidates: [] }, never), {
      ok: true,
      value: { forgotten: 0 },
    });
  });

  it("is told of a living lock, and ends at once on abort", async () => {
    const holder = spawn("restic", ["check", "-q"], { env: resticEnvironment(path), stdio: "ignore" });
    const exited = once(holder, "exit");
    while (!readdirSync(join(path, "locks")).some((name) => /^[0-9a-f]{64}$/.test(name))) await pause(10);
    holder.kill("SIGSTOP");
    try {
      const locked = await open(path, {}, { limits: { lock: 1_000 } }).forget(
        await all("--keep-last=1"),
        never,
      );
      assert.equal(!locked.ok && locked.problem.code, "repository-locked");
    } finally {
      holder.kill("SIGKILL");
      await exited;
    }
    await restic(path, ["unlock"]);
    const aborted = await open(path).forget(await all("--keep-last=1"), AbortSignal.timeout(50));
    assert.equal(!aborted.ok && aborted.problem.code, "interrupted");
    // It may have had its lock already, and been killed before it could take that away.
    await restic(path, ["unlock"]);
    assert.deepEqual(await open(path).forget(await all("--keep-last=1"), never), {
      ok: true,
      value: { forgotten: 1 },
    });
    assert.equal(readdirSync(join(path, "locks")).length, 0);
  });

  it("tells of a repository that is not there", async () => {
    const request = { policy: ["--keep-last=1"], candidates: [] };
    const done = await open(join(makeFolder(), "none")).forget(request, never);
    assert.equal(!done.ok && done.problem.code, "repository-missing");
  });
});
