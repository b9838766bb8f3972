import type { Database } from "better-sqlite3";
import type { Content } from "../../snapshot/index.ts";
import { isAccountTable } from "../catalog.ts";
import { pausePush } from "../own/push.ts";
import type { Remembered } from "../own/remembered.ts";
import { keepOwnValues } from "../own/values.ts";
import type { Surroundings } from "../read/read.ts";
import { readServerZone } from "../read/zone.ts";
import type { Schema } from "../sqlite/schema.ts";
import { dropDangling } from "./dangling.ts";
import { fillOmitted } from "./omitted.ts";
import { keepOwnMoments } from "./own-moments.ts";
import { keepOwnZones } from "./own-zones.ts";
import { hasOtherAccounts } from "./owners.ts";

/** A snapshot's content as this instance shall hold it. */
export interface SettledContent {
  readonly content: Content;
  /** What is left out, in sentences. */
  readonly notes: string[];
  /** What the snapshot has where this instance shall hold something else. */
  readonly remembered: readonly Remembered[];
}

/** Without an account nobody could log in any more: a primary that has none yet leaves those that are here. */
function hasAccounts({ tables }: Content): boolean {
  return tables.some(({ name, rows }) => name === "user" && rows.length > 0);
}

function withoutAccounts(content: Content): Content {
  return { ...content, tables: content.tables.filter(({ name }) => !isAccountTable(name)) };
}

/**
 * What means the same stays as it stands here, so that Kuma need not stop for it, and so does what is this instance's
 * own.
 */
export function settleContent(
  db: Database,
  schema: Schema,
  snapshot: Content,
  { timeZone, rules = {} }: Surroundings,
): SettledContent {
  const takesAccounts = rules.accounts && hasAccounts(snapshot) && !hasOtherAccounts(db);
  const wanted = takesAccounts ? snapshot : withoutAccounts(snapshot);
  const { content: whole, notes } = dropDangling(fillOmitted(db, schema, wanted, rules));
  const zoned = keepOwnZones(db, schema, whole, readServerZone(db, timeZone));
  const shared = keepOwnMoments(db, schema, zoned);
  const kept = rules.keepsValues
    ? keepOwnValues(db, schema, shared)
    : { content: shared, remembered: [], notes: [] };
  const { content, paused } = rules.pausesPush
    ? pausePush(kept.content)
    : { content: kept.content, paused: [] };
  return { content, notes: [...notes, ...kept.notes], remembered: [...kept.remembered, ...paused] };
}
