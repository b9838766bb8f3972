import type {
  DatabaseResult,
  DatabaseWorker,
  KumaDatabase,
  LoadedSnapshot,
} from "../../../src/database/index.ts";
import { success } from "../../../src/result.ts";
import { decodeSnapshot, encodeSnapshot, type Snapshot } from "../../../src/snapshot/index.ts";

const ORIGIN = {
  kumaVersion: "2.5.3",
  instanceName: "primary",
  instanceId: "p",
  createdAt: "2026-11-23T08:00:00.000Z",
};

/**
 * A `KumaDatabase` of which each call goes through the thread, contents encoded on the way there and back; so the
 * contract holds for what the supervisor uses, too.
 * @param direct for what only commands ask, which have no thread
 */
export function throughWorker(worker: DatabaseWorker, direct: KumaDatabase): KumaDatabase {
  return {
    ...worker,
    examine: direct.examine,
    inspect: direct.inspect,
    previewRollBack: direct.previewRollBack,
    read: async () => {
      const read = await worker.read(ORIGIN);
      if (!read.ok) return read as DatabaseResult<never>;
      const decoded = decodeSnapshot(read.value.bytes);
      return decoded.ok ? success(decoded.value.content) : (decoded as never);
    },
    plan: (snapshot) => withLoaded(snapshot, (loaded) => worker.plan(loaded)),
    apply: (snapshot, id) => withLoaded(snapshot, (loaded) => worker.apply(loaded, id)),
    markApplied: (snapshot, id) => withLoaded(snapshot, (loaded) => worker.markApplied(loaded, id)),
  };

  async function withLoaded<T>(
    snapshot: Snapshot,
    work: (loaded: LoadedSnapshot) => Promise<unknown>,
  ): Promise<DatabaseResult<T>> {
    const loaded = await worker.load(Buffer.concat([...encodeSnapshot(snapshot)]));
    return (loaded.ok ? await work(loaded.value) : loaded) as DatabaseResult<T>;
  }
}
