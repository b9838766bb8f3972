import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { fetchAny } from "../../src/replication/apply/fetch.ts";
import { openRepository } from "../../src/repository/index.ts";
import { success } from "../../src/result.ts";
import { contentHash, decodeSnapshot } from "../../src/snapshot/index.ts";
import { type BashForm, publishFilesAsBash } from "../support/bash-publisher.ts";
import { at, V1, V1_WITH_INDEXES } from "../support/bash-samples.ts";
import { makeFolder, makeRepository, never, restic, resticEnvironment } from "../support/repository.ts";

const repository = join(makeFolder(), "repository");
const client = openRepository({ env: resticEnvironment(repository) }, { instanceName: "new" });
const HEAD_FOLDER = at("bash-snapshots/bash-head-2.3.2");

before(() => makeRepository(repository));

async function load(bytes: Uint8Array) {
  const decoded = decodeSnapshot(bytes);
  return decoded.ok
    ? success({ ...decoded.value, contentHash: contentHash(decoded.value.content) })
    : decoded;
}

/** The samples, each as a bash version published it. */
const SAMPLES: readonly {
  readonly name: string;
  readonly how: BashForm;
  readonly fill: (folder: string) => void;
}[] = [
  { name: "v1", how: { form: "dump" }, fill: (to) => cpSync(at(V1), join(to, "backup.sql")) },
  {
    name: "v1-with-indexes",
    how: { form: "dump" },
    fill: (to) => cpSync(at(V1_WITH_INDEXES), join(to, "backup.sql")),
  },
  { name: "head", how: { form: "exports" }, fill: (to) => cpSync(HEAD_FOLDER, to, { recursive: true }) },
  {
    name: "head-seed",
    how: { form: "exports", seed: true },
    fill: (to) => cpSync(HEAD_FOLDER, to, { recursive: true }),
  },
];

for (const { name, how, fill } of SAMPLES)
  test(`a snapshot as the bash version published it is listed and read: ${name}`, async () => {
    const id = await publishFilesAsBash(repository, fill, how, { hostname: name });
    const listed = await client.listAll(never);
    assert.ok(listed.ok);
    const info = listed.value.bash.at(-1);
    assert.equal(info?.id, id);
    assert.equal(info?.instanceName, name);
    assert.deepEqual(listed.value.snapshots, []);
    const fetched = await fetchAny({ repository: client, load }, info, never);
    assert.ok(fetched.ok, fetched.ok ? "" : fetched.problem.message);
    const { snapshot, name: called } = fetched.value;
    assert.equal(called.id, `bash-${id}`);
    assert.equal(snapshot.origin.instanceName, name);
    assert.equal(
      snapshot.content.tables.find((table) => table.name === "monitor")?.rows.length,
      15 - Number(how.form === "dump"),
    );
  });

test("snapshots of something else are none of a bash version", async () => {
  const before = await client.listAll(never);
  await restic(repository, ["backup", "-q", "--tag=x", HEAD_FOLDER]);
  await restic(repository, ["backup", "-q", HEAD_FOLDER]);
  await restic(
    repository,
    ["backup", "-q", "--stdin", "--stdin-filename=/backup/current/backup.sql"],
    Buffer.from("x"),
  );
  const after = await client.listAll(never);
  assert.ok(before.ok && after.ok);
  assert.deepEqual(after.value, before.value);
});
