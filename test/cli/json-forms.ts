import * as z from "zod";

/** Milliseconds since 1970. */
const time = z.number();
const id = z.string().regex(/^[0-9a-f]{64}$/);
const anyId = z.string().regex(/^[0-9a-f]{8,64}$/);
const problem = z.strictObject({ code: z.string(), message: z.string(), advice: z.string() });
const shown = z.union([z.string(), z.number(), z.null()]);
const event = z.strictObject({ snapshotId: anyId, at: time, changes: z.string().optional() });

/**
 * What --json prints, by the headings of docs/commands.md: nothing that is not named here, and all that is not
 * optional.
 */
export const forms = {
  Failure: z.strictObject({
    ok: z.literal(false),
    happened: z.array(z.string()),
    problem,
    more: z.array(problem).optional(),
  }),
  Outcome: z.strictObject({ ok: z.literal(true), happened: z.array(z.string()), now: z.string() }),
  status: z.strictObject({
    version: z.string(),
    startedAt: time,
    upForMs: z.number().optional(),
    instance: z.strictObject({ name: z.string(), id: z.string() }),
    role: z.enum(["primary", "replica"]),
    roleGivenAt: time.optional(),
    kuma: z.strictObject({ version: z.string(), state: z.string(), url: z.url() }),
    published: event.optional(),
    applied: event.extend({ proven: z.boolean(), canUndo: z.boolean() }).optional(),
    head: anyId.optional(),
    refused: z.array(z.strictObject({ snapshotId: anyId, reason: z.string(), at: time })),
    nextCycleAt: time.optional(),
    failing: z.strictObject({ problem, since: time, times: z.number() }).optional(),
    fleet: z
      .strictObject({
        members: z.array(
          z.strictObject({
            ...{ id: z.string(), name: z.string(), isThis: z.boolean(), version: z.string() },
            ...{
              role: z.enum(["primary", "replica"]),
              alert: z.enum(["each", "annotate", "once", "quorum"]),
            },
            head: anyId.optional(),
            agreement: z.enum(["agrees", "behind", "unknown"]),
            lag: z.number().optional(),
            kuma: z.strictObject({ version: z.string(), state: z.string() }),
            ...{ heardAt: time, isHeard: z.boolean(), downCount: z.number() },
            onlyDownHere: z.array(z.string()),
          }),
        ),
        unreached: z.array(z.strictObject({ address: z.string(), message: z.string(), advice: z.string() })),
        withheld: z.array(
          z.strictObject({
            ...{ monitor: z.number(), name: z.string(), kind: z.enum(["down", "up"]) },
            ...{ for: z.number(), why: z.string() },
          }),
        ),
        asks: z.boolean(),
      })
      .optional(),
    repository: z.union([
      z.null(),
      z.strictObject({ problem }),
      z.strictObject({
        latest: z.strictObject({
          id,
          time,
          contentHash: z.string(),
          instanceId: z.string(),
          instanceName: z.string(),
          parent: anyId.optional(),
          generation: z.number(),
          isGuessed: z.boolean(),
        }),
        behind: z.number().optional(),
        behindSince: time.optional(),
        primary: z.strictObject({ name: z.string(), id: z.string(), since: time }),
      }),
    ]),
    edited: z.boolean().nullable(),
    own: z
      .strictObject({
        paused: z.number(),
        local: z.strictObject({ monitors: z.number(), others: z.number() }),
        countsLocally: z.boolean(),
        values: z.number(),
      })
      .nullable(),
  }),
  snapshots: z.array(
    z.strictObject({
      id,
      time: z.iso.datetime(),
      instance: z.string(),
      bash: z.boolean(),
      latest: z.boolean(),
      parent: anyId.nullable(),
      generation: z.number().nullable(),
      kumaVersion: z.string().optional(),
      rows: z.number().optional(),
      changes: z.string().optional(),
      problem: z.string().optional(),
    }),
  ),
  diff: z.strictObject({
    from: z.union([z.literal("live"), id]),
    to: z.union([z.literal("live"), id]),
    rows: z.record(z.string(), z.number()),
    changes: z.array(
      z.strictObject({
        table: z.string(),
        what: z.string(),
        change: z.enum(["added", "removed", "changed"]),
        columns: z.array(
          z.union([
            z.strictObject({ column: z.string(), secret: z.literal(true) }),
            z.strictObject({ column: z.string(), before: shown, after: shown }),
          ]),
        ),
      }),
    ),
  }),
  doctor: z.array(
    z.union([
      z.strictObject({ check: z.string(), status: z.literal("ok"), message: z.string() }),
      z.strictObject({
        check: z.string(),
        status: z.enum(["warn", "error"]),
        message: z.string(),
        advice: z.string(),
      }),
    ]),
  ),
  health: z.strictObject({ healthy: z.boolean(), reason: z.string() }),
  patch: z.strictObject({
    ok: z.literal(true),
    state: z.enum(["patched", "patchable", "already patched", "reverted", "not patched, nothing to revert"]),
    kumaVersion: z.string(),
    diff: z.string(),
  }),
};
