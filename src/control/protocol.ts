import * as z from "zod";
import { parseJson } from "../parse.ts";

/** Raised whenever a program of one version could misunderstand one of another. */
export const PROTOCOL_VERSION = 1;

/** Milliseconds since 1970. */
const time = z.number();
const snapshotId = z.string().regex(/^[0-9a-f]{8,64}$/);
const problem = z.object({ code: z.string(), message: z.string(), advice: z.string() });

/** What a client may ask, each one line of JSON with the version beside it. */
const request = z.discriminatedUnion("do", [
  z.object({ do: z.literal("status") }),
  z.object({ do: z.literal("sync"), retry: z.boolean() }),
  /** `changedAt`: the apply that was previewed; without it, whichever is the last. */
  z.object({ do: z.literal("rollback"), changedAt: time.optional() }),
  z.object({ do: z.literal("restore"), snapshotId }),
  /** `how`: what becomes of what is here. */
  z.object({ do: z.literal("adopt"), how: z.enum(["replace", "keep"]), snapshotId }),
  /** `snapshot`: an encoded snapshot, as `export --format jsonl` writes it. */
  z.object({ do: z.literal("import"), snapshot: z.string() }),
  /** `shareLocal`: what was added here alone becomes everybody's. */
  z.object({ do: z.literal("promote"), asIs: z.boolean(), shareLocal: z.boolean().optional() }),
  /** `discard`: also when changes here could not be published; they are given up. */
  z.object({ do: z.literal("demote"), discard: z.boolean().optional() }),
]);
export type Request = z.infer<typeof request>;

/** An instance of the fleet; see src/peers/fleet.ts. */
const member = z.object({
  id: z.string(),
  name: z.string(),
  isThis: z.boolean(),
  version: z.string(),
  role: z.enum(["primary", "replica"]),
  alert: z.string(),
  head: z.string().optional(),
  agreement: z.enum(["agrees", "behind", "unknown"]),
  /** Milliseconds. */
  lag: z.number().optional(),
  kuma: z.object({ version: z.string(), state: z.string() }),
  heardAt: time,
  isHeard: z.boolean(),
  downCount: z.number(),
  onlyDownHere: z.array(z.string()),
});

/** A message that waits; see src/peers/fleet.ts. */
const withheld = z.object({
  monitor: z.number(),
  name: z.string(),
  kind: z.enum(["down", "up"]),
  /** Milliseconds. */
  for: z.number(),
  why: z.string(),
});

/** What the running supervisor knows, without asking the repository. No secret is in it. */
const status = z.object({
  /** Of Replicator Kuma. */
  version: z.string(),
  startedAt: time,
  /** Milliseconds; from the one process that knows, since the clock may be set before the answer is read. */
  upForMs: z.number().optional(),
  instance: z.object({ name: z.string(), id: z.string() }),
  role: z.enum(["primary", "replica"]),
  roleGivenAt: time.optional(),
  kuma: z.object({ version: z.string(), state: z.string(), url: z.string() }),
  /** `changes` is known of what happened since the start. */
  published: z.object({ snapshotId: z.string(), at: time, changes: z.string().optional() }).optional(),
  applied: z
    .object({
      snapshotId: z.string(),
      at: time,
      proven: z.boolean(),
      canUndo: z.boolean(),
      changes: z.string().optional(),
    })
    .optional(),
  /** The snapshot that was published or applied last. */
  head: z.string().optional(),
  refused: z.array(z.object({ snapshotId: z.string(), reason: z.string(), at: time })),
  nextCycleAt: time.optional(),
  /** The failure of the last cycle; absent once one went well. */
  failing: z.object({ problem, since: time, times: z.number() }).optional(),
  /** All instances, addresses that are not reached, and messages that wait; absent without REPLICATOR_PEERS. */
  fleet: z
    .object({
      members: z.array(member),
      unreached: z.array(z.object({ address: z.string(), message: z.string(), advice: z.string() })),
      withheld: z.array(withheld),
      /** Whether Uptime Kuma asks before it sends a message. */
      asks: z.boolean(),
    })
    .optional(),
});
export type Status = z.infer<typeof status>;

/** Lines of a reply: any number of `progress`, then one of the others. */
const reply = z.discriminatedUnion("type", [
  z.object({ type: z.literal("progress"), message: z.string() }),
  z.object({ type: z.literal("status"), status }),
  /** `message`: one sentence on how things are now. */
  z.object({ type: z.literal("done"), message: z.string() }),
  z.object({ type: z.literal("failed"), problem }),
]);
export type Reply = z.infer<typeof reply>;

/** What a line says; "version" when its other end speaks another version, and then which. */
export type Parsed<T> =
  | { readonly kind: "message"; readonly message: T }
  | { readonly kind: "version"; readonly theirs: number }
  | { readonly kind: "garbage" };

export function encode(message: Request | Reply): string {
  return `${JSON.stringify({ version: PROTOCOL_VERSION, ...message })}\n`;
}

export const parseRequest = (line: string) => parse(line, request);
export const parseReply = (line: string) => parse(line, reply);

/** The version comes first: the rest of a message of another version may have any form. */
function parse<T>(line: string, schema: z.ZodType<T>): Parsed<T> {
  const json = parseJson(line);
  const versioned = z.object({ version: z.number() }).safeParse(json);
  if (!versioned.success) return { kind: "garbage" };
  const { version } = versioned.data;
  if (version !== PROTOCOL_VERSION) return { kind: "version", theirs: version };
  const parsed = schema.safeParse(json);
  return parsed.success ? { kind: "message", message: parsed.data } : { kind: "garbage" };
}
