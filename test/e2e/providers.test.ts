import assert from "node:assert/strict";
import path from "node:path";
import { before, test } from "node:test";
import { execa } from "execa";
import * as z from "zod";
import { ensureKuma } from "../support/install/kuma.ts";
import { projectFolder } from "../support/paths.ts";
import { PATIENCE } from "../support/wait.ts";

const sentLine = z.object({
  type: z.string(),
  kind: z.enum(["up", "down", "certificate", "test"]),
  variant: z.record(z.string(), z.unknown()),
  texts: z.array(z.string()),
  addresses: z.array(z.string()),
});
type Sent = z.infer<typeof sentLine>;

const INSTANCE = "q7eu";
/** The words of the messages that drive-providers.cjs has sent; the first is the monitor's name. */
const WORDS = ["q7shop", "q7reason", "q7hook"];
const DRIVER = path.join(projectFolder, "test/fixtures/programs/drive-providers.cjs");

let all: Sent[];

before(async () => {
  const { stdout } = await execa(process.execPath, [DRIVER, await ensureKuma()], {
    env: { REPLICATOR_INSTANCE_NAME: INSTANCE },
    timeout: PATIENCE,
    maxBuffer: 100_000_000,
  });
  all = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => sentLine.parse(JSON.parse(line)));
});

const includesWord = (texts: readonly string[], words = WORDS) =>
  texts.some((text) => words.some((word) => text.includes(word)));
const describe = ({ type, kind, variant }: Sent) => `${type} ${kind} ${JSON.stringify(variant)}`;

test("every provider of this Kuma was driven: each sent something", () => {
  const types = new Set(all.map(({ type }) => type));
  assert.ok(types.size > 40, `${types.size} providers`);
  for (const { type, texts, addresses } of all)
    if (includesWord([...texts, ...addresses])) types.delete(type);
  assert.deepEqual([...types], ["nostr"]);
});

test("whatever a provider shows of a message or its monitor, it shows the instance's name", () => {
  const nameless = all.filter(
    ({ texts, addresses }) =>
      // A monitor's name in an address alone is no text: it says which alert is to be closed.
      (includesWord(texts) || includesWord(addresses, WORDS.slice(1))) &&
      !includesWord([...texts, ...addresses], [INSTANCE]),
  );
  assert.deepEqual(nameless.map(describe), []);
});

test("no text of a provider shows the instance's name twice in a row", () => {
  const twice = all.filter(({ texts }) => texts.some((text) => text.includes(`${INSTANCE}] [${INSTANCE}`)));
  assert.deepEqual(twice.map(describe), []);
});

test("an alert is closed by the same name that it was opened by", () => {
  const opened = all.filter(({ type, kind }) => type === "Opsgenie" && kind === "down");
  const closed = all.filter(({ type, kind }) => type === "Opsgenie" && kind === "up");
  assert.ok(opened.length > 0 && closed.length > 0);
  for (const { texts } of opened) assert.ok(texts.includes("q7shop"));
  for (const { addresses } of closed)
    assert.ok(addresses.every((address) => address.includes("/q7shop/close")));
});
