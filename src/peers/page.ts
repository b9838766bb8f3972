import * as z from "zod";
import { alertFields } from "../alerts/index.ts";

/**
 * Bytes of a request or an answer. A page has one or two thousand, and sixty thousand while hundreds of monitors go
 * down.
 */
export const LONGEST_MESSAGE = 256 * 1024;
/** How many other instances are known of. */
export const MOST_PEERS = 20;
/** Monitors that a page names as down; how many there are, it says beside. */
export const MOST_DOWN = 200;
/** What a page asks at a time. */
export const MOST_QUESTIONS = 250;

const text = z
  .string()
  .max(200)
  .regex(/^\P{Cc}*$/u);
const id = z.string().min(1).max(100);
const count = z.int().nonnegative();
/** Milliseconds before its page was made; never a time, for clocks differ. */
const age = z.number().nonnegative();
/** What the number of a session's page was last. */
const counters = z.record(id, count);

/**
 * What an instance found out about a monitor: "down" is also what Kuma calls pending; "none": it does not watch it. "not
 * yet": it has not looked since its start, and will; "down before": nor has it, and it was down before.
 */
const finding = z.object({
  state: z.enum(["down", "up", "none", "not yet", "down before"]),
  /** How long it has been so. */
  for: age,
  /** When it was last checked. */
  checked: age,
});
export type Finding = z.infer<typeof finding>;

/** Names a monitor to another instance: its id is the same on all, its key tells whether it is the same thing there. */
const monitorName = { monitor: count, key: id };

const question = z.object({ id: count, ...monitorName });
export type Question = z.infer<typeof question>;

/** What an instance says of itself. Members may be added by later releases, none is renamed or taken away. */
const page = z.object({
  id,
  name: text,
  /** Another one at each start of the process. */
  session: id,
  /** Goes on with each thing that others must hear of at once. */
  counter: count,
  /** Of the page itself: how long ago the instance said this. */
  age,
  /** Of Replicator Kuma. */
  version: text,
  /** REPLICATOR_ALERT there. */
  alert: text,
  role: z.enum(["primary", "replica"]),
  /** The snapshot that it stands on. */
  head: text.optional(),
  agreement: z.enum(["agrees", "behind", "unknown"]),
  /** How long it has been behind. */
  lag: age.optional(),
  kuma: z.object({ version: text, state: text, for: age }),
  /** "down" alone, not pending. */
  down: z.array(z.object({ ...monitorName, for: age })).max(MOST_DOWN),
  downCount: count,
  /** What it asks of all others. */
  questions: z.array(question).max(MOST_QUESTIONS),
  /** Its answers to the questions of others, by the session that asks. */
  answers: z
    .array(
      z.object({ session: id, findings: z.array(finding.extend({ question: count })).max(MOST_QUESTIONS) }),
    )
    .max(MOST_PEERS),
  ...alertFields,
});
export type Page = z.infer<typeof page>;

const from = z.object({ id, session: id });

const request = z.object({
  from,
  /** The session of the instance that this is for: what was recorded before its start is refused. "": not known yet. */
  to: z.string().max(100),
  /** Grows with each request of a session: none is taken twice. */
  number: count,
  /** How long the answer may wait for something new, milliseconds. */
  wait: age,
  /** Which pages it has, by their sessions; also that of the receiver, which is not among `pages`. */
  known: counters,
  pages: z.array(z.unknown()).max(MOST_PEERS + 1),
});
export type Request = Omit<z.infer<typeof request>, "pages"> & { readonly pages: readonly Page[] };

const answer = z.object({
  from,
  /** False: it was for another session; with this one's it may be said again. */
  taken: z.boolean(),
  pages: z.array(z.unknown()).max(MOST_PEERS + 1),
});
export type Answer = Omit<z.infer<typeof answer>, "pages"> & { readonly pages: readonly Page[] };

/** Undefined: not in the form of this release. A page that is not is left out. */
export const parseRequest = (text: string): Request | undefined => parse(text, request);
export const parseAnswer = (text: string): Answer | undefined => parse(text, answer);

function parse<T extends { pages: readonly unknown[] }>(
  text: string,
  schema: z.ZodType<T>,
): (Omit<T, "pages"> & { readonly pages: readonly Page[] }) | undefined {
  try {
    const message = schema.parse(JSON.parse(text));
    const pages = message.pages.flatMap((each) => page.safeParse(each).data ?? []);
    return { ...message, pages };
  } catch {
    return undefined;
  }
}
