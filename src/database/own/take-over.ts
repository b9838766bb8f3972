import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import { type LiveTable, readSchema, type Schema } from "../sqlite/schema.ts";
import type { DatabaseResult, OwnParts } from "../types.ts";
import type { ChangedRows } from "../write/transaction.ts";
import { areCountersRaised, findLocal } from "./local.ts";
import { countPaused, resumePush } from "./push.ts";
import type { Rules } from "./rules.ts";
import { shareLocal } from "./share.ts";
import { countOwnValues } from "./values.ts";

/** What is here on purpose other than in the snapshot that was applied. Must run in a transaction. */
export function readOwn(db: Database, { keepsValues = false }: Rules = {}): DatabaseResult<OwnParts> {
  const schema = readSchema(db);
  if (!schema.ok) return schema;
  return success({
    paused: countPaused(db),
    local: countLocal(db, schema.value),
    countsLocally: areCountersRaised(db),
    values: keepsValues ? countOwnValues(db, schema.value) : 0,
  });
}

/** Makes all of that the primary's, since this instance is it. Must run in a transaction, with Kuma stopped. */
export function takeOver(
  db: Database,
  uploadDir: string,
): DatabaseResult<ChangedRows<{ resumed: number; shared: number }>> {
  const schema = readSchema(db);
  if (!schema.ok) return schema;
  const { monitors, files } = shareLocal(db, schema.value, uploadDir);
  return success({ outcome: { resumed: resumePush(db), shared: monitors }, files });
}

/** Without what only connects. */
export function countLocal(db: Database, schema: Schema): OwnParts["local"] {
  const made = [...schema.values()].filter(({ entry }) =>
    (entry.references ?? []).every(({ dangling }) => dangling !== "row goes"),
  );
  const local = findLocal(db, schema, { keepsLocal: true });
  const count = (tables: readonly LiveTable[]) =>
    tables.reduce((sum, { entry }) => sum + (local.get(entry.name)?.size ?? 0), 0);
  const isMonitor = ({ entry }: LiveTable) => entry.name === "monitor";
  return {
    monitors: count(made.filter(isMonitor)),
    others: count(made.filter((table) => !isMonitor(table))),
  };
}
