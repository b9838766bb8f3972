import type { ChildProcess } from "node:child_process";
import * as z from "zod";
import { failure, type Problem, type Result, success } from "../result.ts";

/** What the module in Kuma (patches/replicator-kuma-live.cjs) says to each call. */
const answers = {
  hello: z.object({ version: z.string() }),
  hold: z.object({ held: z.number(), errors: z.number() }),
  resume: z.object({ started: z.number() }),
  state: z.object({
    snapshotId: z.string().nullable(),
    errors: z.number(),
    monitors: z.array(
      z.object({
        id: z.number(),
        row: z.enum(["none", "active", "inactive"]),
        isRunning: z.boolean(),
        differing: z.array(z.string()),
      }),
    ),
  }),
} as const;

type Call = keyof typeof answers;

export type Answer<C extends Call> = z.infer<(typeof answers)[C]>;

/** What each call hands over. */
export interface Given {
  readonly hello: Record<string, never>;
  readonly hold: { readonly monitors: readonly number[] };
  readonly resume: {
    /** To be replaced by what the database has now: stopped, and started when they are there and active. */
    readonly monitors: readonly number[];
    /** Those of them that are gone, new, or another thing: their statistics in memory are forgotten. */
    readonly reset: readonly number[];
    /** Maintenance windows to be read anew. */
    readonly maintenance: readonly number[];
    /** In which something changed. */
    readonly tables: readonly string[];
  };
  readonly state: { readonly monitors: readonly number[] };
}

/** Kuma cannot be asked, does not answer, or answers something else. */
export type ChannelProblem = Problem<"live-unavailable">;

export type ChannelResult<T> = Result<T, ChannelProblem>;

/** All in milliseconds. A thousand monitors are started over ten seconds; a person's change is waited for five. */
const LIMITS: Readonly<Record<Call, number>> = { hello: 5_000, hold: 15_000, resume: 60_000, state: 10_000 };

/**
 * The way to the module in one Kuma process.
 * - `hello`: whether it can, and its release.
 * - `hold`: stops these monitors, and lets nobody change anything in Kuma's page until `resume`. Checks that are under
 *   way are waited for, a second at most. Nobody else is stopped.
 * - `resume`: brings what Kuma has in memory to what its database holds, as a start would, and starts those monitors.
 * - `state`: these monitors as Kuma has them in memory beside their rows, which snapshot its database has, and how many
 *   unhandled errors there were since the first `hold`.
 */
export interface Channel {
  /**
   * Asks, and waits for the answer.
   * @returns a problem when none comes in time, Kuma ends, or it says that it cannot; in words that name the reason
   */
  ask<C extends Call>(call: C, given: Given[C]): Promise<ChannelResult<Answer<C>>>;
}

const envelope = z.discriminatedUnion("ok", [
  z.object({ replicatorKuma: z.literal(1), id: z.number(), ok: z.literal(true), value: z.unknown() }),
  z.object({ replicatorKuma: z.literal(1), id: z.number(), ok: z.literal(false), reason: z.string() }),
]);

type Envelope = z.infer<typeof envelope>;

/** @param child started with an IPC channel; whatever else it sends there is ignored */
export function openChannel(child: Pick<ChildProcess, "send" | "on" | "connected">): Channel {
  let lastId = 0;
  const waiting = new Map<number, (answer: Envelope | "gone") => void>();
  child.on("message", (message: unknown) => {
    const parsed = envelope.safeParse(message);
    if (parsed.success) waiting.get(parsed.data.id)?.(parsed.data);
  });
  child.on("disconnect", () => {
    for (const answer of waiting.values()) answer("gone");
  });
  return {
    ask: async (call, given) => {
      const limit = LIMITS[call];
      lastId += 1;
      const answer = await exchange(lastId, { call, given }, limit);
      if (answer === "gone") return unavailable("Kuma ended, or closed the channel to the supervisor");
      if (answer === "late") return unavailable(`Kuma did not answer "${call}" within ${limit / 1_000} s`);
      if (!answer.ok) return unavailable(`Kuma cannot do it: ${answer.reason}`);
      const value = answers[call].safeParse(answer.value);
      if (!value.success) return unavailable(`Kuma's answer to "${call}" is not understood`);
      return success(value.data as Answer<typeof call>);
    },
  };

  async function exchange(id: number, message: object, limit: number): Promise<Envelope | "gone" | "late"> {
    if (!child.connected) return "gone";
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Envelope | "gone" | "late">((resolve) => {
        waiting.set(id, resolve);
        timer = setTimeout(() => resolve("late"), limit);
        child.send({ replicatorKuma: 1, id, ...message }, (error) => {
          if (error !== null) resolve("gone");
        });
      });
    } finally {
      clearTimeout(timer);
      waiting.delete(id);
    }
  }
}

/** @param reason what follows "because" */
export function unavailable(reason: string) {
  return failure({
    code: "live-unavailable",
    message: `The configuration cannot be changed while Kuma runs: ${reason}.`,
    advice: "Nothing is lost: Kuma is restarted for it instead. REPLICATOR_APPLY=restart does so always.",
  } as const);
}
