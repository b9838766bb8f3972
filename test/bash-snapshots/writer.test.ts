import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { at, HEAD, V1, V1_WITH_INDEXES } from "../support/bash-samples.ts";
import { writeDump, writeExports } from "../support/bash-writer.ts";

// The other tests publish with this writer: it has to write what the bash versions do, byte for byte.

test("the tests' writer dumps Uptime Kuma 1.23.17 as the bash version did", () => {
  assert.equal(writeDump(at("kuma-dbs/1.23.17.db")), readFileSync(at(V1), "utf8"));
});

test("the tests' writer dumps the indexes where the shell did", () => {
  const written = writeDump(at("kuma-dbs/1.23.17.db"), { indexes: true });
  const sample = readFileSync(at(V1_WITH_INDEXES), "utf8");
  assert.deepEqual(
    written.match(/^CREATE .*INDEX.*$/gm)?.sort(),
    sample.match(/^CREATE .*INDEX.*$/gm)?.sort(),
  );
});

test("the tests' writer exports Uptime Kuma 2.3.2 as the bash version did", () => {
  const folder = mkdtempSync(join(tmpdir(), "bash-writer-"));
  try {
    writeExports(at("kuma-dbs/2.3.2.db"), folder);
    const sample = at(HEAD);
    assert.deepEqual(readdirSync(folder).sort(), readdirSync(sample).sort());
    for (const name of readdirSync(folder))
      assert.equal(readFileSync(join(folder, name), "utf8"), readFileSync(join(sample, name), "utf8"), name);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
