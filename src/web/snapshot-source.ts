import { steadyNow } from "../clock.ts";
import { failure, type Problem, type Result } from "../result.ts";
import type { ChangeCounts } from "../snapshot/index.ts";

/** A snapshot in the repository, as it is listed. */
export interface ListedSnapshot {
  /** restic's, whole. */
  readonly id: string;
  /** When it was published, milliseconds since 1970. */
  readonly time: number;
  readonly instanceName: string;
  /** The id of the one before, whole or its first digits; undefined: the first, or a bash version's. */
  readonly parent: string | undefined;
}

/** What differs between two snapshots, free of secrets. */
export interface Comparison {
  /** In words, the first of them. */
  readonly lines: readonly string[];
  /** How many lines there are besides. */
  readonly more: number;
  readonly counts: ChangeCounts;
  /** Table name to the number of rows in the later one. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Reads snapshots for whoever asks; each call costs requests to the repository, and takes seconds. */
export interface SnapshotSource {
  /** The latest first. */
  list(signal: AbortSignal): Promise<Result<readonly ListedSnapshot[]>>;
  /** @param from whole ids */
  compare(from: string, to: string, signal: AbortSignal): Promise<Result<Comparison>>;
}

/** How long a list counts as new, milliseconds. */
const LIST_LIFE = 60_000;
/** Two snapshots differ for ever as they do now: so many differences are kept. */
const MOST_KEPT = 20;
/** So many may wait while one is read. */
const MOST_WAITING = 4;
/** So many are read in a stretch of time (milliseconds), whoever asks: anybody may, where there is no password. */
const MOST_READ = { count: 30, within: 10 * 60_000 };

/** The same with limits: one is read at a time, and what was read is kept for a while. */
export function limitSnapshotSource(source: SnapshotSource): SnapshotSource {
  let listed:
    | { readonly at: number; readonly result: Awaited<ReturnType<SnapshotSource["list"]>> }
    | undefined;
  const kept = new Map<string, Comparison>();
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let readAt: number[] = [];

  return {
    list: (signal) =>
      oneAtATime(async () => {
        if (listed === undefined || steadyNow() - listed.at > LIST_LIFE)
          listed = { result: await source.list(signal), at: steadyNow() };
        return listed.result;
      }),
    compare: (from, to, signal) =>
      oneAtATime(async () => {
        const key = `${from} ${to}`;
        const known = kept.get(key);
        if (known !== undefined) return { ok: true, value: known };
        readAt = readAt.filter((at) => steadyNow() - at < MOST_READ.within);
        if (readAt.length >= MOST_READ.count) return failure(TOO_MANY);
        readAt.push(steadyNow());
        const compared = await source.compare(from, to, signal);
        if (compared.ok) kept.set(key, compared.value);
        for (const oldest of [...kept.keys()].slice(0, -MOST_KEPT)) kept.delete(oldest);
        return compared;
      }),
  };

  async function oneAtATime<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
    if (waiting > MOST_WAITING) return failure(BUSY);
    waiting += 1;
    const done = turn.then(work).finally(() => {
      waiting -= 1;
    });
    turn = done.catch(() => undefined);
    return done;
  }
}

const BUSY: Problem = {
  code: "snapshots-busy",
  message: "Several others are waiting for a snapshot just now.",
  advice: "Load this page again in some seconds.",
};

const TOO_MANY: Problem = {
  code: "snapshots-limit",
  message: `More than ${MOST_READ.count} differences were read in ${MOST_READ.within / 60_000} minutes.`,
  advice: "Load this page again later, or run `replicator-kuma diff` where the instance runs.",
};
