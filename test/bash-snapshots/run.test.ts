import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readBashSnapshot } from "../../src/bash-snapshots/index.ts";
import { decodeSnapshot } from "../../src/snapshot/index.ts";
import { at } from "../support/bash-samples.ts";

const TASK = { form: "dump", instanceName: "old", createdAt: "2026-11-23T08:00:00.000Z" } as const;
const sample = readFileSync(at("bash-snapshots/bash-v1-1.23.17/backup/current/backup.sql"));

test("a process of its own reads a dump and gives a snapshot in our format", async () => {
  const read = await readBashSnapshot(sample, TASK, new AbortController().signal);
  assert.ok(read.ok);
  const decoded = decodeSnapshot(read.value);
  assert.ok(decoded.ok);
  assert.equal(decoded.value.origin.kumaVersion, "1.23.x");
  assert.equal(decoded.value.origin.instanceName, "old");
  assert.equal(decoded.value.content.tables.find(({ name }) => name === "monitor")?.rows.length, 14);
});

test("a process of its own gives the problem of what cannot be read", async () => {
  const read = await readBashSnapshot(Buffer.from("DROP TABLE x;"), TASK, new AbortController().signal);
  assert.equal(!read.ok && read.problem.code, "bash-snapshot-invalid");
});

test("reading ends at its time limit", async () => {
  const read = await readBashSnapshot(sample, TASK, new AbortController().signal, 1);
  assert.equal(!read.ok && read.problem.code, "bash-snapshot-too-large");
});

test("reading ends at once on a shutdown", async () => {
  const read = await readBashSnapshot(sample, TASK, AbortSignal.abort());
  assert.equal(!read.ok && read.problem.code, "interrupted");
});
