import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import writeFileAtomic from "write-file-atomic";
import * as z from "zod";
import { errorCode, errorMessage } from "../../format.ts";
import { failure, type Problem, type Result, success } from "../../result.ts";

const FORMAT = 1;

const published = z.object({
  /** restic's id; 8 digits where an old restic gives no more. */
  snapshotId: z.string(),
  contentHash: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
  /**
   * Of a release before 2.1; now in fingerprint-file.ts, and empty here, for those releases demand that it is there.
   */
  fingerprint: z.record(z.string(), z.record(z.string(), z.string())),
});

const reached = z.object({
  snapshotId: z.string(),
  /** Left out where it is not certain; see `SnapshotInfo`. */
  generation: z.number().optional(),
  /** When that snapshot was taken, milliseconds since 1970. */
  time: z.number(),
});

const role = z.enum(["primary", "replica"]);

const refused = z.object({ snapshotId: z.string(), reason: z.string(), at: z.number() });

const stateFile = z.object({
  format: z.literal(FORMAT),
  instanceId: z.string().min(1),
  published: published.optional(),
  /** Content hash of a publish under way. */
  publishing: z.string().optional(),
  /** The furthest along the chain that this instance has published or applied. */
  reached: reached.optional(),
  refused: z.array(refused).optional(),
  /** When old snapshots were last forgotten, or that was tried; milliseconds since 1970. */
  thinnedAt: z.number().optional(),
  /**
   * When another replica was last heard, exact to a day: for the restarts of a fleet that one message wakes.
   * Milliseconds since 1970.
   */
  othersHeardAt: z.number().optional(),
  /** The role that a command gave, and the one that the environment asked for at that time. */
  role: z.object({ given: role, environment: role, at: z.number() }).optional(),
  /** An earlier state file was lost, and with it the role that a command may have given; until that is settled. */
  roleLost: z.literal(true).optional(),
});

/** What this instance remembers across restarts. What was applied is not here but in Kuma's database itself. */
export type State = z.infer<typeof stateFile>;

/** The state file: read once at start, written whole and atomically at each change. */
export interface StateFile {
  readonly state: State;
  /**
   * Changes the state and writes it: the file holds wholly the old or wholly the new one. What could not be written is
   * remembered until the process ends, and written with the next update. An update that changes nothing writes nothing.
   * @returns the problem "state-not-writable"
   */
  update(change: Partial<Omit<State, "format" | "instanceId">>): Result<void>;
}

interface OpenedStateFile {
  readonly file: StateFile;
  /** It was begun just now. */
  readonly isNew: boolean;
  readonly problem: Problem | undefined;
}

/**
 * Reads `<stateDir>/state.json`. A missing file is a new instance. A file that cannot be used is put aside as a
 * problem and a new one is begun: what it held can be found out again from the repository.
 */
export function openStateFile(stateDir: string): OpenedStateFile {
  const path = join(stateDir, "state.json");
  const read = readState(path);
  const former = read.ok ? read.value : undefined;
  let state: State = former ?? { format: FORMAT, instanceId: randomUUID() };
  let isWritten = false;

  const file: StateFile = {
    get state() {
      return state;
    },
    update: (change) => {
      const next = { ...state, ...change };
      if (isWritten && isDeepStrictEqual(next, state)) return success(undefined);
      state = next;
      const written = writeState(path, state);
      isWritten = written.ok;
      return written;
    },
  };
  const written = file.update({});
  const isNew = former === undefined;
  if (!read.ok) return { file, isNew, problem: read.problem };
  return { file, isNew, problem: written.ok ? undefined : written.problem };
}

/** What the instance remembers, without beginning anew; undefined when there is nothing that can be read. */
export function peekState(stateDir: string): State | undefined {
  const read = readState(join(stateDir, "state.json"));
  return read.ok ? read.value : undefined;
}

/** Undefined: there is none. */
function readState(path: string): Result<State | undefined> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return success(undefined);
    return failure(unreadable(path, errorMessage(error)));
  }
  try {
    const parsed = stateFile.safeParse(JSON.parse(text));
    return parsed.success
      ? success(parsed.data)
      : failure(unreadable(path, "it is not in the form of this version"));
  } catch {
    return failure(unreadable(path, "it is not JSON"));
  }
}

function unreadable(path: string, why: string): Problem {
  return {
    code: "state-unreadable",
    message: `The state file ${path} cannot be used: ${why}.`,
    advice:
      "A new one is begun. If a primary now refuses to publish, start it once with REPLICATOR_TAKEOVER=true.",
  };
}

function writeState(path: string, state: State): Result<void> {
  try {
    writeFileAtomic.sync(path, `${JSON.stringify(state)}\n`, { mode: 0o600 });
    return success(undefined);
  } catch (error) {
    return failure({
      code: "state-not-writable",
      message: `The state file ${path} cannot be written (${errorMessage(error)}).`,
      advice: "Make room or make it writable; until then what was published last is forgotten at a restart.",
    });
  }
}
