import { readFileSync } from "node:fs";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import * as z from "zod";
import { steadyNow, toWallClock } from "../clock.ts";
import { errorCode, errorMessage } from "../format.ts";
import { type Kept, withTimes } from "./pending.ts";

const subject = { monitor: z.int(), key: z.string() };
/** By the machine's clock, milliseconds since 1970: the steady one begins anew with the process. */
const time = z.number();

/** Of this form; another one is not read. */
const VERSION = 1;

const content = z.object({
  version: z.literal(VERSION),
  clock: z.int().nonnegative(),
  told: z.array(
    z.object({
      ...subject,
      notification: z.string(),
      state: z.enum(["down", "up"]),
      number: z.int(),
      by: z.string(),
      at: time,
    }),
  ),
  withheld: z.array(
    z.object({
      ...subject,
      name: z.string(),
      kind: z.enum(["down", "up"]),
      notifications: z.array(z.string()),
      outageAt: time,
      wantedAt: time,
      settles: z.number(),
      failures: z.int(),
    }),
  ),
  outages: z.array(z.object({ ...subject, since: time })),
});

/** `alerts.json` in the state folder: what was told, and what Kuma was told not to send yet. */
export interface AlertsFile {
  /** What it held when it was opened. */
  readonly kept: Kept;
  /** Why it could not be read, one sentence; undefined: it could, or there was none. */
  readonly warning: string | undefined;
  /**
   * Writes what `keep` gives, synced; several calls at a time are one.
   * @param done told once something is on the disk that is no older than the call, and whether it is
   */
  save(keep: () => Kept, done: (isSaved: boolean) => void): void;
}

export function openAlertsFile(stateDir: string): AlertsFile {
  const path = join(stateDir, "alerts.json");
  let waiting: ((isSaved: boolean) => void)[] = [];
  let isWriting = false;

  async function write(keep: () => Kept): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const told = waiting;
      waiting = [];
      const isSaved = await writeFileAtomic(path, JSON.stringify(toContent(keep())), { mode: 0o600 }).then(
        () => true,
        () => false,
      );
      for (const done of told) done(isSaved);
    }
    isWriting = false;
  }

  return {
    ...read(path),
    save: (keep, done) => {
      waiting.push(done);
      if (!isWriting) void write(keep);
    },
  };
}

function read(path: string): Pick<AlertsFile, "kept" | "warning"> {
  const empty: Kept = { clock: 0, told: [], withheld: [], outages: [] };
  try {
    return { kept: fromContent(content.parse(JSON.parse(readFileSync(path, "utf8")))), warning: undefined };
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { kept: empty, warning: undefined };
    const why = error instanceof z.ZodError ? "it is not of this form" : errorMessage(error);
    return {
      kept: empty,
      warning: `${path} cannot be read (${why}), so an alert that was held back at the last stop may be lost. It is begun anew.`,
    };
  }
}

function toContent(kept: Kept) {
  return { version: VERSION, ...withTimes(kept, toWallClock) };
}

function fromContent(read: z.infer<typeof content>): Kept {
  const now = steadyNow();
  // Nothing is of the future, however the machine's clock was set meanwhile.
  return withTimes(read, (wall) => now - Math.max(0, toWallClock(now) - wall));
}
