import type { ChildProcess } from "node:child_process";
import * as z from "zod";

/**
 * Kuma's numbers: https://github.com/louislam/uptime-kuma/blob/2.5.3/src/util.ts; 3 is MAINTENANCE. -1 is the module's own:
 * Kuma watches it, and has not checked it since its start.
 */
const STATES: Readonly<Record<number, "not yet" | "down" | "up" | "pending">> = {
  [-1]: "not yet",
  0: "down",
  1: "up",
  2: "pending",
};

const beat = z.object({
  id: z.int().nonnegative(),
  name: z.string(),
  type: z.string(),
  state: z.int().transform((status) => STATES[status] ?? "not watched"),
  /** Milliseconds until the next check, at most. */
  every: z.number().nonnegative(),
  /** Milliseconds from the first check that fails until Kuma says down, at most. */
  settles: z.number().nonnegative(),
});

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
  /** Called once Kuma has stored them; before the first of them with all that it watches, as "not yet". */
  take(beats: readonly Beat[]): void;
  /** Called before a message. It never rejects, and answers within 5 s. */
  ask(question: Question): Promise<Verdict>;
  /** What became of a message, for each notification that it was handed to, also where nobody was asked. */
  report(question: Question, notification: string, isSent: boolean): void;
  /** @param replay of the Kuma that runs from now on; undefined: it is gone */
  attach(replay: Replay | undefined): void;
}

const hash = z.string().regex(/^[0-9a-f]{24}$/);
const notifications = z.array(hash);
const question: z.ZodType<Question> = z.discriminatedUnion("kind", [
  z.object({ kind: z.enum(["down", "again", "up"]), beat, notifications, isReplay: z.boolean() }),
  z.object({ kind: z.literal("expiry"), subject: hash, notifications }),
]);

/** What the modules in Kuma (patches/replicator-kuma-peers.cjs and -alerts.cjs) say by themselves. */
const said = z.object({ replicatorKumaPeers: z.literal(1) });
const message = z.union([
  said.extend({ hello: z.literal(true) }),
  said.extend({ beats: z.array(beat) }),
  said.extend({ ask: z.int(), about: question }),
  said.extend({ report: question, notification: hash, isSent: z.boolean() }),
  said.extend({ replayed: z.int(), result: z.enum(["done", "stale", "failed"]) }),
]);

/**
 * A message may go to many slow providers; after this a replay counts as failed, milliseconds. Kuma's end ends it at
 * once.
 */
const REPLAY_LIMIT = 5 * 60_000;

/** @param child started with an IPC channel; whatever else it sends there is ignored */
export function answerWatch(child: Pick<ChildProcess, "send" | "on" | "connected">, watch: Watch): void {
  const replays = new Map<number, (result: ReplayResult) => void>();
  let lastReplay = 0;
  let isAttached = false;

  child.on("message", (received: unknown) => {
    const parsed = message.safeParse(received);
    if (!parsed.success) return;
    const { data } = parsed;
    if ("hello" in data) {
      isAttached = true;
      watch.attach(replay);
    } else if ("beats" in data) watch.take(data.beats);
    else if ("report" in data) watch.report(data.report, data.notification, data.isSent);
    else if ("replayed" in data) replays.get(data.replayed)?.(data.result);
    else void watch.ask(data.about).then((verdict) => say({ answer: data.ask, ...verdict }));
  });
  child.on("disconnect", () => {
    if (isAttached) watch.attach(undefined);
    for (const end of replays.values()) end("failed");
  });

  function say(words: object): void {
    // With a callback a channel that is closed is no error.
    if (child.connected) child.send({ replicatorKumaPeers: 1, ...words }, () => undefined);
  }

  async function replay(monitor: number, kind: "down" | "up"): Promise<ReplayResult> {
    lastReplay += 1;
    const id = lastReplay;
    if (!child.connected) return "failed";
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<ReplayResult>((resolve) => {
        replays.set(id, resolve);
        timer = setTimeout(() => resolve("failed"), REPLAY_LIMIT);
        say({ replay: id, monitor, kind });
      });
    } finally {
      clearTimeout(timer);
      replays.delete(id);
    }
  }
}
