import { z } from "zod";
import { meet } from "../../diff/index.ts";
import { type Result, success } from "../../result.ts";
import {
  contentHash,
  countChanges,
  decodeSnapshot,
  encodeWhole,
  fingerprint,
  type Snapshot,
} from "../../snapshot/index.ts";
import { isAccountTable } from "../catalog.ts";
import type { Engine } from "../open.ts";
import type { DatabaseWorker, LoadedSnapshot, ReadingBefore } from "./types.ts";

/** The calls of `DatabaseWorker` as they are sent to the thread. */
export type Calls = Omit<DatabaseWorker, "load"> & {
  /** What `load` is there, the bytes being shared by now. */
  verify(key: number, bytes: Uint8Array): ReturnType<DatabaseWorker["load"]>;
};

/** Holds what was decoded last: a snapshot is loaded, planned and applied, and decoding 10,000 monitors takes 0.2 s. */
export interface Decoder {
  decode(loaded: Pick<LoadedSnapshot, "key" | "bytes">): Result<Snapshot>;
}

export function createDecoder(): Decoder {
  let last: { key: number; snapshot: Snapshot } | undefined;
  return {
    decode: ({ key, bytes }) => {
      if (last?.key === key) return success(last.snapshot);
      last = undefined;
      const decoded = decodeSnapshot(bytes);
      if (decoded.ok) last = { key, snapshot: decoded.value };
      return decoded;
    },
  };
}

/** What the thread does for each call. */
export function createCalls(engine: Engine, { decode }: Decoder): Calls {
  return {
    hash: async () => engine.hash(),
    isUntouched: async () => engine.isUntouched(),
    lastApply: async () => engine.lastApply(),
    confirm: async () => engine.confirm(),
    dropHistory: async () => engine.dropHistory(),
    rollBack: async () => engine.rollBack(),
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
      const known = readFingerprint(before);
      return success({
        bytes: join(encoded.value),
        contentHash: hash,
        isEmpty: content.tables.every(({ name, rows }) => rows.length === 0 || isAccountTable(name)),
        examination: examined.value,
        fingerprint: new TextEncoder().encode(JSON.stringify({ contentHash: hash, fingerprint: after })),
        changes: known && countChanges(known, after),
      });
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
      return snapshot.ok ? engine.plan(snapshot.value) : snapshot;
    },

    apply: async (loaded, id) => {
      const snapshot = decode(loaded);
      return snapshot.ok ? engine.apply(snapshot.value, id) : snapshot;
    },

    markApplied: async (loaded, id) => {
      const snapshot = decode(loaded);
      return snapshot.ok ? engine.markApplied(snapshot.value, id) : snapshot;
    },
  };
}

const storedFingerprint = z.object({
  contentHash: z.string(),
  fingerprint: z.record(z.string(), z.record(z.string(), z.string())),
});

/** undefined for one that cannot be read, or of another reading. */
function readFingerprint(before: ReadingBefore | undefined): ReturnType<typeof fingerprint> | undefined {
  if (before === undefined) return undefined;
  try {
    const stored = storedFingerprint.parse(JSON.parse(Buffer.from(before.fingerprint).toString("utf8")));
    return stored.contentHash === before.contentHash ? stored.fingerprint : undefined;
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
