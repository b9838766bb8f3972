import type { ChildProcess } from "node:child_process";
import { z } from "zod";

/** Kuma's numbers: https://github.com/louislam/uptime-kuma/blob/2.5.3/src/util.ts; 3 is MAINTENANCE. */
const STATES = ["down", "up", "pending"] as const;

const beat = z.object({
  id: z.int().nonnegative(),
  name: z.string(),
  type: z.string(),
  state: z.int().transform((status) => STATES[status] ?? "not watched"),
  /** Milliseconds until the next check, at most. */
  every: z.number().nonnegative(),
  /** Milliseconds from the first check that fails until Kuma says down, at most. */
  settles: z.number().nonnegative().optional(),
});

/** What the module in Kuma (patches/replicator-kuma-peers.cjs) says by itself. */
const message = z.union([
  z.object({ replicatorKumaPeers: z.literal(1), beats: z.array(beat) }),
  z.object({ replicatorKumaPeers: z.literal(1), ask: z.int(), beat }),
]);

/** What a check of a monitor found. */
export type Beat = z.infer<typeof beat>;

/**
 * A message that Kuma is about to send. "again": what is down is said to be down once more (Kuma's resend interval);
 * "expiry": a certificate or a domain ends soon, known by a hash of the words.
 */
export type Question =
  | {
      readonly kind: "down" | "again" | "up";
      readonly beat: Beat;
      /** By their hashes, those that it goes to. */
      readonly notifications: readonly string[];
      /** The supervisor has ordered it. */
      readonly isReplay: boolean;
    }
  | { readonly kind: "expiry"; readonly subject: string; readonly notifications: readonly string[] };

/**
 * What becomes of a message: it is sent, with a line at its end, to all but some; it is not, because somebody else has
 * sent it; or it is not yet: the supervisor has put it down and orders a replay when it is time.
 */
export type Verdict =
  | { readonly verdict: "send"; readonly line: string | undefined; readonly except: readonly string[] }
  | { readonly verdict: "drop" }
  | { readonly verdict: "withhold" };

/** "stale": the monitor is gone or paused, or its latest heartbeat is of another kind. */
export type ReplayResult = "done" | "stale" | "failed";

/** Has Kuma send its message about a monitor's latest heartbeat. */
export type Replay = (monitor: number, kind: "down" | "up") => Promise<ReplayResult>;

/** Who is told what Kuma's checks find, and asked before it sends a message. */
export interface Watch {
  /** Called once Kuma has stored them. */
  take(beats: readonly Beat[]): void;
  /** Called before a message. It never rejects, and answers within 5 s. */
  ask(question: Question): Promise<Verdict>;
  /** What became of a message, for each notification that it was handed to, also where nobody was asked. */
  report(question: Question, notification: string, isSent: boolean): void;
  /** @param replay of the Kuma that runs from now on; undefined: it is gone */
  attach(replay: Replay | undefined): void;
}

/** @param child started with an IPC channel; whatever else it sends there is ignored */
export function answerWatch(child: Pick<ChildProcess, "send" | "on" | "connected">, watch: Watch): void {
  child.on("message", (received: unknown) => {
    const parsed = message.safeParse(received);
    if (!parsed.success) return;
    if ("beats" in parsed.data) return watch.take(parsed.data.beats);
    const { ask, beat } = parsed.data;
    const kind = beat.state === "up" ? "up" : "down";
    void watch.ask({ kind, beat, notifications: [], isReplay: false }).then((verdict) => {
      const line = verdict.verdict === "send" ? verdict.line : undefined;
      // With a callback a channel that is closed is no error.
      if (child.connected) child.send({ replicatorKumaPeers: 1, answer: ask, line }, () => undefined);
    });
  });
}
