import type { ChildProcess } from "node:child_process";
import * as z from "zod";

/** Kuma's numbers: https://github.com/louislam/uptime-kuma/blob/2.5.3/src/util.ts; 3 is MAINTENANCE. */
const STATES = ["down", "up", "pending"] as const;

const beat = z.object({
  id: z.int().nonnegative(),
  name: z.string(),
  type: z.string(),
  state: z.int().transform((status) => STATES[status] ?? "not watched"),
  /** Milliseconds until the next check, at most. */
  every: z.number().nonnegative(),
});

/** What the module in Kuma (patches/replicator-kuma-peers.cjs) says by itself. */
const message = z.union([
  z.object({ replicatorKumaPeers: z.literal(1), beats: z.array(beat) }),
  z.object({ replicatorKumaPeers: z.literal(1), ask: z.int(), beat }),
]);

/** What a check of a monitor found. */
export type Beat = z.infer<typeof beat>;

/** Who is told what Kuma's checks find, and asked before it sends a message. */
export interface Watch {
  /** Called once Kuma has stored them. */
  take(beats: readonly Beat[]): void;
  /**
   * Called before a message that a monitor is down, or up again.
   * @returns what the message is to end with; undefined: it is sent as it is
   */
  ask(beat: Beat): Promise<string | undefined>;
}

/** @param child started with an IPC channel; whatever else it sends there is ignored */
export function answerWatch(child: Pick<ChildProcess, "send" | "on" | "connected">, watch: Watch): void {
  child.on("message", (received: unknown) => {
    const parsed = message.safeParse(received);
    if (!parsed.success) return;
    if ("beats" in parsed.data) return watch.take(parsed.data.beats);
    const { ask, beat } = parsed.data;
    const answer = (line?: string) => {
      // With a callback a channel that is closed is no error.
      if (child.connected) child.send({ replicatorKumaPeers: 1, answer: ask, line }, () => undefined);
    };
    watch.ask(beat).then(answer, () => answer());
  });
}
