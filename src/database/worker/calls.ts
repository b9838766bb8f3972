import * as z from "zod";
import { meet, nameChanges, type Outline, outlineOf } from "../../diff/index.ts";
import { hideByKey, toFolder } from "../../export/index.ts";
import { type Result, success } from "../../result.ts";
import {
  contentHash,
  countChanges,
  decodeSnapshot,
  encodeWhole,
  fingerprint,
  type NamedChanges,
  type Snapshot,
} from "../../snapshot/index.ts";
import { isAccountTable } from "../catalog.ts";
import type { Engine } from "../open.ts";
import type { PlanSummary } from "../types.ts";
import type { DatabaseWorker, LoadedSnapshot, ReadingBefore } from "./types.ts";

/** The calls of `DatabaseWorker` as they are sent to the thread. */
export type Calls = Omit<DatabaseWorker, "load"> & {
  /** What `load` is there, the bytes being shared by now. */
  verify(key: number, bytes: Uint8Array): ReturnType<DatabaseWorker["load"]>;
};

/** Holds what was decoded last: a snapshot is loaded, planned and applied, and decoding 10,000 monitors takes 0.2 s. */
export interface Decoder {
  decode(loaded: Pick<LoadedSnapshot, "key" | "bytes">): Result<Snapshot>;
  /** What it changes here, as it was found out last. */
  named: NamedChanges | undefined;
}

export function createDecoder(): Decoder {
  let last: { key: number; snapshot: Snapshot } | undefined;
  const decoder: Decoder = {
    named: undefined,
    decode: ({ key, bytes }) => {
      if (last?.key === key) return success(last.snapshot);
      last = undefined;
      decoder.named = undefined;
      const decoded = decodeSnapshot(bytes);
      if (decoded.ok) last = { key, snapshot: decoded.value };
      return decoded;
    },
  };
  return decoder;
}

/** What the thread does for each call. */
export function createCalls(engine: Engine, decoder: Decoder): Calls {
  const { decode } = decoder;
  return {
    hash: async () => engine.hash(),
    look: async (before) => engine.look(before),
    isUntouched: async () => engine.isUntouched(),
    lastApply: async () => engine.lastApply(),
    confirm: async () => engine.confirm(),
    dropHistory: async () => engine.dropHistory(),
    rollBack: async () => engine.rollBack(),
    serverUpFor: async () => engine.serverUpFor(),
    readOwn: async () => engine.readOwn(),
    takeOver: async () => engine.takeOver(),

    read: async (origin, before) => {
      const read = await engine.read();
      if (!read.ok) return read;
      const content = read.value;
      const examined = await engine.examine(content);
      if (!examined.ok) return examined;
      const encoded = encodeWhole({ origin, content });
      if (!encoded.ok) return encoded;
      const hash = contentHash(content);
      const after = fingerprint(content);
      const outline = outlineOf(content);
      const known = readFingerprint(before);
      return success({
        bytes: join(encoded.value),
        contentHash: hash,
        isEmpty: content.tables.every(({ name, rows }) => rows.length === 0 || isAccountTable(name)),
        examination: examined.value,
        fingerprint: new TextEncoder().encode(
          JSON.stringify({ contentHash: hash, fingerprint: after, outline }),
        ),
        changes: known && countChanges(known.fingerprint, after),
        named: known?.outline && nameChanges(known.outline, outline),
      });
    },

    toFolder: async (key) => {
      const read = await engine.read();
      return read.ok ? success(toFolder(read.value, key && hideByKey(key))) : read;
    },

    verify: async (key, bytes) => {
      const decoded = decode({ key, bytes });
      if (!decoded.ok) return decoded;
      const { content, origin } = decoded.value;
      return success({ key, bytes, contentHash: contentHash(content), origin });
    },

    meet: async (loaded) => {
      const snapshot = decode(loaded);
      if (!snapshot.ok) return snapshot;
      const here = await engine.read();
      return here.ok ? success(meet(here.value, snapshot.value.content)) : here;
    },

    plan: async (loaded) => {
      const snapshot = decode(loaded);
      if (!snapshot.ok) return snapshot;
      const plan = await engine.plan(snapshot.value);
      if (!plan.ok || plan.value.empty) return plan;
      const here = await engine.read();
      decoder.named = here.ok
        ? nameChanges(
            outlineOf(here.value),
            outlineOf(snapshot.value.content),
            Object.keys(plan.value.changes),
          )
        : undefined;
      return success(withNames(plan.value));
    },

    apply: async (loaded, order) => {
      const snapshot = decode(loaded);
      if (!snapshot.ok) return snapshot;
      const applied = await engine.apply(snapshot.value, order);
      return applied.ok ? success(withNames(applied.value)) : applied;
    },

    markApplied: async (loaded, id) => {
      const snapshot = decode(loaded);
      return snapshot.ok ? engine.markApplied(snapshot.value, id) : snapshot;
    },
  };

  function withNames(summary: PlanSummary): PlanSummary {
    return decoder.named === undefined ? summary : { ...summary, named: decoder.named };
  }
}

const storedFingerprint = z.object({
  contentHash: z.string(),
  fingerprint: z.record(z.string(), z.record(z.string(), z.string())),
  outline: z
    .record(z.string(), z.record(z.string(), z.tuple([z.string(), z.string()]).rest(z.number()).readonly()))
    .optional(),
});

/** What is known of the reading before, in names too unless an older release wrote it. */
interface KnownBefore {
  readonly fingerprint: ReturnType<typeof fingerprint>;
  readonly outline?: Outline | undefined;
}

/** undefined for one that cannot be read, or of another reading. */
function readFingerprint(before: ReadingBefore | undefined): KnownBefore | undefined {
  if (before === undefined) return undefined;
  try {
    const stored = storedFingerprint.parse(JSON.parse(Buffer.from(before.fingerprint).toString("utf8")));
    return stored.contentHash === before.contentHash ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** In memory of its own, which can be handed over to another thread: Buffer.concat may take Node's pool. */
function join(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
