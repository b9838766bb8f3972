import fc from "fast-check";
import type { Snapshot, Value } from "../../src/snapshot/index.ts";

/** Objects as literals make them; fast-check's own may have no prototype, which deepEqual tells apart. */
const plain = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true });

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** Every kind of value that SQLite can store, the awkward ones often. */
export const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom<Value[]>(
    null,
    "",
    "null",
    0n,
    -0,
    INT64.min,
    INT64.max,
    2n ** 53n,
    -(2n ** 53n),
    "\u0000",
    "\ud800",
  ),
  fc.constantFrom<Value[]>(
    Number.POSITIVE_INFINITY,
    Number.NaN,
    1,
    'it\'s; DROP\r\n"x"',
    "🏳️‍🌈",
    "\u2028",
    5e-324,
  ),
  fc.bigInt(INT64),
  fc.double(),
  fc.string({ unit: "binary" }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);

const table = (name: string) =>
  fc
    .record({
      extra: fc.uniqueArray(fc.constantFrom("active", "config", "name", "user_id"), { maxLength: 4 }),
      hasOwner: fc.boolean(),
      ids: fc.uniqueArray(fc.bigInt(INT64), { maxLength: 8 }),
      defaults: fc.boolean(),
    })
    .chain(({ extra, hasOwner, ids, defaults }) => {
      const columns = ["id", ...extra].sort();
      const sorted = [...ids].sort((a, b) => (a < b ? -1 : 1));
      const row = (id: bigint) =>
        fc.tuple(...columns.map((column) => (column === "id" ? fc.constant<Value>(id) : value)));
      return plain({
        name: fc.constant(name),
        columns: fc.constant(columns),
        rows: fc.tuple(...sorted.map(row)),
        ...(hasOwner && columns.includes("user_id") ? { owner: fc.constant("user_id") } : {}),
        ...(defaults ? { defaults: plain({ id: value }) } : {}),
      });
    });

const files = fc
  .uniqueArray(
    plain({
      name: fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,9}$/),
      bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    }),
    { selector: ({ name }) => name, maxLength: 3 },
  )
  .map((list) => list.sort((a, b) => (a.name < b.name ? -1 : 1)));

export const snapshot: fc.Arbitrary<Snapshot> = plain({
  origin: plain({
    kumaVersion: fc.string(),
    instanceName: fc.string(),
    instanceId: fc.string(),
    createdAt: fc.constant("2026-11-23T08:00:00.000Z"),
  }),
  content: plain({ tables: fc.tuple(table("tag"), table("monitor"), table("notification")), files }),
});
