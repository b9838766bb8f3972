import { createHash } from "node:crypto";
import {
  contentHash,
  decodeSnapshot,
  encodeSnapshot,
  type Snapshot,
  type Table,
  type Value,
} from "../../../src/snapshot/index.ts";
import { assertUnchanged, readState } from "../../support/database-state.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { restic } from "../../support/repository.ts";
import { openReplicaScenario, type ReplicaScenario } from "../../support/scenarios.ts";
import { takeSnapshot } from "../../support/source-data.ts";
import type { Fault } from "../fault.ts";
import type { Random } from "../random.ts";

interface Hostile {
  readonly name: string;
  readonly code: string;
  /** What is put into the repository in place of the next snapshot. */
  readonly make: (next: Snapshot, random: Random) => Uint8Array;
  /** The content hash that its tag claims; that of the next snapshot by default. */
  readonly hash?: (next: Snapshot) => string;
}

const HOSTILE: readonly Hostile[] = [
  { name: "an empty line", code: "snapshot-truncated", make: () => Buffer.from("\n") },
  {
    name: "garbage",
    code: "snapshot-truncated",
    make: (_next, random) => Buffer.alloc(5_000, 1 + random.below(255)),
  },
  {
    name: "cut off",
    code: "snapshot-truncated",
    make: (next, random) => encode(next).subarray(0, 1 + random.below(encode(next).length - 2)),
  },
  {
    name: "a byte changed",
    code: "snapshot-damaged",
    make: (next, random) => {
      const bytes = encode(next);
      const at = random.below(bytes.length - 200);
      bytes[at] = (bytes[at] ?? 0) ^ (1 + random.below(255));
      return bytes;
    },
  },
  {
    name: "other content than its tag names",
    code: "snapshot-mismatch",
    make: encode,
    hash: () => "ab".repeat(32),
  },
  {
    name: "a wrong count of rows",
    code: "snapshot-invalid",
    make: (next) =>
      withHeader(next, (header) =>
        header.tables.map((table) => ({ ...table, rows: Number(table.rows) + 1 })),
      ),
  },
  {
    name: "a newer format",
    code: "snapshot-format-newer",
    make: (next) =>
      seal(encode(next).toString().replace('{"format":1', '{"format":2').split("\n").slice(0, -2)),
  },
  tampered("an unknown table", "schema-unknown", (tables) => [
    ...tables,
    { name: "setting", columns: ["id", "key", "value"], rows: [[1n, "jwtSecret", "owned"]] },
  ]),
  tampered("no table of monitors", "snapshot-inconsistent", (tables) =>
    tables.filter(({ name }) => name !== "monitor"),
  ),
  tampered("an unknown column that holds something", "version-mismatch", (tables) =>
    edited(tables, "tag", ({ columns, rows }) => ({
      columns: [...columns, "zzz"],
      rows: rows.map((row) => [...row, "something"]),
    })),
  ),
  tampered("an id that is text", "snapshot-invalid", (tables) =>
    withCell(tables, "tag", "id", "1; DROP TABLE monitor"),
  ),
  tampered("a row twice", "snapshot-invalid", (tables) =>
    edited(tables, "tag", ({ columns, rows }) => ({ columns, rows: rows.flatMap((row) => [row, row]) })),
  ),
  tampered("a unique value twice", "snapshot-inconsistent", (tables) =>
    withCell(tables, "status_page", "slug", "twice"),
  ),
  tampered("no value where one must be", "version-mismatch", (tables) =>
    withCell(tables, "tag", "color", null),
  ),
  {
    name: "an icon whose name leaves the folder",
    code: "snapshot-invalid",
    make: (next) =>
      seal(encode(next).toString().replaceAll('"logo1.png"', '"../../x.png"').split("\n").slice(0, -2)),
  },
  {
    name: "100 MB of lines",
    code: "snapshot-invalid",
    make: (next) => seal([...lines(next), ...Array(1_000).fill(`["${"x".repeat(100_000)}"]`)]),
  },
  {
    name: "300 MB of one byte, compressed to nothing",
    code: "restic-failed",
    make: () => Buffer.alloc(300_000_000, 97),
  },
];

/** So many bad ones in a row, then a good one. */
const GOOD_AFTER = 5;

const hostile: Fault = {
  group: 5,
  name: `a snapshot that is not right, of ${HOSTILE.length} kinds`,
  checked:
    "refused with one error of the right code, Kuma not stopped, no row changed; a good one after them is applied",
  rounds: (asked) => Math.max(HOSTILE.length, Math.min(asked, 5 * HOSTILE.length)),
  roundsPerStage: HOSTILE.length,
  open: async (folder) => {
    const scenario = await openReplicaScenario(folder);
    const round = async (random: Random, index: number) => {
      await offer(scenario, HOSTILE[index % HOSTILE.length] as Hostile, random);
      if (index % GOOD_AFTER !== 0) return undefined;
      await scenario.publishNext();
      scenario.instance.signal("SIGUSR1");
      await scenario.converge();
      return undefined;
    };
    return { round, close: scenario.close };
  },
};

async function offer(
  scenario: ReplicaScenario,
  { name, code, make, hash }: Hostile,
  random: Random,
): Promise<undefined> {
  const before = readState(scenario.dataDir);
  const pid = scenario.instance.kumaPid();
  const from = scenario.instance.events().length;
  const next = takeSnapshot(scenario.sourceDir);
  const changed = { ...next, content: { ...next.content, files: next.content.files } };
  const claimed = hash?.(changed) ?? contentHash(decodedOr(make(changed, random), changed).content);
  const tags = [
    "replicator-kuma",
    `content:${claimed}`,
    "instance:hostile",
    `parent:${scenario.author.head}`,
  ];
  const backup = [
    "backup",
    "-q",
    "--stdin",
    "--stdin-filename=replicator-kuma.jsonl",
    "--host=hostile\u001b[2J",
  ];
  await restic(scenario.repository, [...backup, ...tags.map((tag) => `--tag=${tag}`)], make(changed, random));
  const reported = await scenario.instance.cycle();
  assertInvariant(
    reported.type === "cycle-failed",
    `${name}: not refused but ${JSON.stringify(reported).slice(0, 300)}`,
  );
  assertInvariant(
    reported.problem.code === code,
    `${name}: reported as ${reported.problem.code}: ${reported.problem.message}`,
  );
  const errors = scenario.instance
    .events()
    .slice(from)
    .filter(({ type }) => type === "cycle-failed");
  assertInvariant(errors.length === 1, `${name}: reported ${errors.length} times`);
  assertInvariant(scenario.instance.kumaPid() === pid, `${name}: Kuma was restarted`);
  assertInvariant(!scenario.instance.output().includes("\u001b[2J"), `${name}: a terminal escape in the log`);
  assertUnchanged(scenario.dataDir, before);
  return undefined;
}

/** What can be decoded has the hash of its own content: the tag is then no reason to refuse it. */
function decodedOr(bytes: Uint8Array, otherwise: Snapshot): Snapshot {
  const decoded = decodeSnapshot(bytes);
  return decoded.ok ? decoded.value : otherwise;
}

const DECODINGS_PER_ROUND = 100;

const decoder: Fault = {
  group: 5,
  name: `the decoder, ${DECODINGS_PER_ROUND} damaged snapshots a round, every region`,
  checked: "never a crash, never another content accepted",
  rounds: (asked) => asked,
  roundsPerStage: 1_000_000,
  open: async (folder) => {
    const scenario = await openReplicaScenario(folder);
    await scenario.close();
    const whole = encode(takeSnapshot(scenario.sourceDir)).subarray();
    const hash = contentHash(decodedOr(whole, takeSnapshot(scenario.sourceDir)).content);
    const round = async (random: Random) => {
      for (let times = 0; times < DECODINGS_PER_ROUND; times += 1) {
        const decoded = decodeSnapshot(damage(whole, random));
        assertInvariant(
          !decoded.ok || contentHash(decoded.value.content) === hash,
          "another content was accepted",
        );
      }
      return undefined;
    };
    return { round, close: async () => undefined };
  },
};

/** Overwrites, cuts out, doubles or swaps a region anywhere. */
function damage(whole: Buffer, random: Random): Uint8Array {
  const from = random.below(whole.length);
  const to = Math.min(whole.length, from + 1 + random.below(200));
  const region = whole.subarray(from, to);
  const other = random.pick([
    Buffer.alloc(0),
    Buffer.concat([region, region]),
    Buffer.from(region).reverse(),
    Buffer.alloc(region.length, random.below(256)),
  ]);
  return Buffer.concat([whole.subarray(0, from), other, whole.subarray(to)]);
}

export const snapshotFaults: readonly Fault[] = [hostile, decoder];

function encode(snapshot: Snapshot): Buffer {
  return Buffer.concat([...encodeSnapshot(snapshot)]);
}

function lines(snapshot: Snapshot): string[] {
  return encode(snapshot).toString().split("\n").slice(0, -2);
}

/** Lines with an end mark that is right for them. */
function seal(body: readonly string[]): Buffer {
  const bytes = Buffer.from(body.map((line) => `${line}\n`).join(""));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return Buffer.concat([bytes, Buffer.from(`${JSON.stringify({ lines: body.length, sha256 })}\n`)]);
}

function withHeader(
  snapshot: Snapshot,
  tables: (header: { tables: Record<string, unknown>[] }) => unknown,
): Buffer {
  const [first = "", ...rest] = lines(snapshot);
  const header = JSON.parse(first);
  return seal([JSON.stringify({ ...header, tables: tables(header) }), ...rest]);
}

function tampered(
  name: string,
  code: string,
  change: (tables: readonly Table[]) => readonly Table[],
): Hostile {
  const apply = (next: Snapshot) => ({
    ...next,
    content: { ...next.content, tables: change(next.content.tables) },
  });
  return {
    name,
    code,
    make: (next) => encode(apply(next)),
    hash: (next) => contentHash(apply(next).content),
  };
}

function edited(
  tables: readonly Table[],
  name: string,
  change: (table: Table) => Pick<Table, "columns" | "rows">,
) {
  return tables.map((table) => (table.name === name ? { ...table, ...change(table) } : table));
}

/** The same value in that column of every row. */
function withCell(tables: readonly Table[], name: string, column: string, value: Value): readonly Table[] {
  return edited(tables, name, ({ columns, rows }) => ({
    columns,
    rows: rows.map((row) => row.map((cell, at) => (columns[at] === column ? value : cell))),
  }));
}
