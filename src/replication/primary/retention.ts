import type { Listener } from "../../events/index.ts";
import type { Repository } from "../../repository/index.ts";
import { type Result, success } from "../../result.ts";
import type { StateFile } from "../state/state-file.ts";

const ONCE_A_DAY = 24 * 60 * 60_000;

/** Forgets old snapshots in the background, so that no publish ever waits for it or fails with it. */
export interface Retention {
  /** Begins, if it is due, and returns at once. */
  begin(signal: AbortSignal): void;
  /** Ends what is under way; resolves once it has ended. */
  end(): Promise<void>;
}

interface Parts {
  readonly repository: Pick<Repository, "list" | "forget">;
  readonly stateFile: StateFile;
  /** Arguments of `restic forget`; none: everything is kept. */
  readonly keep: readonly string[];
  readonly emit: Listener;
}

export function createRetention({ repository, stateFile, keep, emit }: Parts): Retention {
  let stopping = new AbortController();
  let work: Promise<void> = Promise.resolve();
  /** An append-only repository stays so: reported once, not each day. */
  let isAppendOnly = false;

  return {
    begin: (signal) => {
      const { thinnedAt } = stateFile.state;
      // A clock that was set back makes it due, too.
      const isDue = thinnedAt === undefined || Math.abs(Date.now() - thinnedAt) >= ONCE_A_DAY;
      if (keep.length === 0 || isAppendOnly || !isDue) return;
      stopping = new AbortController();
      work = forgetInBackground(AbortSignal.any([signal, stopping.signal]));
    },
    end: () => {
      stopping.abort();
      return work;
    },
  };

  async function forgetInBackground(signal: AbortSignal): Promise<void> {
    // Noted first: one attempt a day, also where each of them fails or is cut short by the next publish.
    const noted = stateFile.update({ thinnedAt: Date.now() });
    const done = noted.ok ? await forgetOld(signal) : noted;
    isAppendOnly = !done.ok && done.problem.code === "repository-append-only";
    if (!done.ok && !signal.aborted) emit({ type: "retention-failed", problem: done.problem });
  }

  async function forgetOld(signal: AbortSignal): Promise<Result<void>> {
    const listed = await repository.list(signal);
    if (!listed.ok) return listed;
    const candidates = listed.value.slice(0, -countLast(keep)).map(({ id }) => id);
    const done = await repository.forget({ policy: keep, candidates }, signal);
    if (!done.ok) return done;
    if (done.value.forgotten > 0) emit({ type: "snapshots-forgotten", forgotten: done.value.forgotten });
    return success(undefined);
  }
}

/**
 * How many of the last of the chain are kept whatever restic says, which goes by time alone: where a clock was wrong
 * they look old beside those that came before them. The latest always is.
 */
function countLast(policy: readonly string[]): number {
  const last = policy.findLast((option) => option.startsWith(KEEP_LAST));
  return last === undefined ? 1 : Number(last.slice(KEEP_LAST.length));
}

const KEEP_LAST = "--keep-last=";
