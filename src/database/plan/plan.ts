import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import type { Content, Snapshot, TableCounts } from "../../snapshot/index.ts";
import { catalog } from "../catalog.ts";
import { describeLocalIds, findLocal, LOCAL_FROM, sharedRows } from "../own/local.ts";
import { planRemembered } from "../own/remembered.ts";
import type { Rules } from "../own/rules.ts";
import { refuse } from "../problems.ts";
import { readTable, type Surroundings } from "../read/read.ts";
import { type LiveTable, readSchema, type Schema } from "../sqlite/schema.ts";
import { findDuplicates } from "../sqlite/unique.ts";
import type { DatabaseResult, PlanSummary } from "../types.ts";
import type { UploadState } from "../uploads/uploads.ts";
import { readRecord } from "../write/record.ts";
import { describeAccountFaults } from "./accounts.ts";
import { type ColumnMatch, matchColumns } from "./columns.ts";
import { idsWithLocal, keepLocal } from "./keep-local.ts";
import { findMemoryChanges } from "./memory.ts";
import { nameRows } from "./name-rows.ts";
import { mapOwners } from "./owners.ts";
import { type PlannedFiles, planFiles } from "./plan-files.ts";
import { planTable, type TablePlan } from "./plan-table.ts";
import { type BrokenReferences, describeUnresolved, findBrokenReferences } from "./references.ts";
import { settleContent } from "./settle.ts";

/** All that applying a snapshot has to change here. */
export interface Plan {
  readonly schema: Schema;
  /** References that led nowhere before. */
  readonly broken: BrokenReferences;
  /** Only tables in which something changes; what we remember of the snapshot is one of them. */
  readonly tables: readonly TablePlan[];
  /** Only files that are missing or differ here, or that a status page here refers to and none does any more. */
  readonly files: readonly UploadState[];
  readonly summary: PlanSummary;
}

/** The two sides, for sentences. */
interface Versions {
  readonly theirs: string;
  readonly ours: string;
}

/**
 * Finds what differs, and everything that can be wrong with the snapshot. Changes nothing; must run in a transaction.
 */
export function makePlan(
  db: Database,
  snapshot: Snapshot,
  surroundings: Surroundings & { readonly kumaVersion: string },
): DatabaseResult<Plan> {
  const { uploadDir, kumaVersion, rules = {} } = surroundings;
  const { origin } = snapshot;
  const versions = { theirs: origin.kumaVersion, ours: kumaVersion };
  const schema = readSchema(db, rules);
  if (!schema.ok) return schema;
  const settled = settleContent(db, schema.value, snapshot.content, surroundings);
  const { content, notes } = settled;
  const complete = checkTables(content, schema.value);
  if (!complete.ok) return complete;
  const record = readRecord(db);
  if (!record.ok) return record;
  const localIds = findLocal(db, schema.value, rules);
  const after = idsWithLocal(content, localIds);
  const context = { ownerOf: mapOwners(db, content), localIds };
  const tables: TablePlan[] = [];
  const lost: string[] = [];
  for (const table of content.tables) {
    const live = schema.value.get(table.name);
    if (!live) {
      if (table.rows.length > 0) lost.push(`${table.name} (the whole table)`);
      else notes.push(`Uptime Kuma ${kumaVersion} has no table ${table.name}; the snapshot's is empty.`);
      continue;
    }
    const match = matchColumns(live, table);
    const known = record.value === undefined ? withoutWeakAspects(live) : live;
    const shared = planTable(db, known, table, match, context);
    const { plan, notes: told } = keepLocal(
      db,
      live,
      { plan: shared, table },
      { after, ownerOf: context.ownerOf },
    );
    notes.push(...told);
    tables.push(plan);
    lost.push(...nameColumns(plan, match));
    notes.push(...describePlan(plan, match, kumaVersion), ...describeLocalRemoved(live, plan, rules));
  }
  if (lost.length > 0) return refuseVersion(versions, lost);
  const broken = findBrokenReferences(db, schema.value);
  const faults = [
    ...describeSharedIds(snapshot.content, rules),
    ...describeUnresolved(db, schema.value, content, broken),
    ...findDuplicates(db, schema.value, content),
  ];
  if (faults.length > 0) return refuse("snapshot-inconsistent", faults.join(" "));
  const pages = schema.value.get("status_page");
  const pagesHere = pages && readTable(db, pages, (live) => sharedRows(schema.value, live, rules));
  const files = planFiles(content, pagesHere, uploadDir);
  const remembered = planRemembered(db, settled.remembered);
  return files.ok
    ? success(
        finish(db, { schema: schema.value, broken }, { tables, remembered }, { files: files.value, notes }),
      )
    : files;
}

function describeSharedIds(content: Content, { keepsLocal = false }: Rules): string[] {
  return keepsLocal ? describeLocalIds(content) : [];
}

/** Before the first apply both sides have counted their ids by themselves: of most monitors the type is the same. */
function withoutWeakAspects({ entry, ...live }: LiveTable): LiveTable {
  const { weakAspects, ...rest } = entry;
  return { ...live, entry: rest };
}

function checkTables(content: Content, schema: Schema): DatabaseResult<void> {
  const { tables } = content;
  const faults = describeAccountFaults(content);
  if (faults.length > 0)
    return refuse("snapshot-inconsistent", `Its accounts cannot be taken over. ${faults.join(" ")}`);
  const unknown = tables.find(
    (table) => !schema.has(table.name) && !catalog.some((entry) => entry.name === table.name),
  );
  if (unknown)
    return refuse("schema-unknown", `The snapshot has a table ${unknown.name}, which is not replicated.`);
  const lacking = [...schema.values()].find(
    ({ entry }) => !entry.optional && !tables.some((table) => table.name === entry.name),
  );
  if (lacking) return refuse("snapshot-inconsistent", `The snapshot has no table ${lacking.entry.name}.`);
  return success(undefined);
}

function nameColumns(plan: TablePlan, match: ColumnMatch): string[] {
  const demanded = plan.added.length > 0 ? match.demanded : [];
  return [
    ...match.lost.map((column) => `${plan.name}.${column}`),
    ...[...demanded, ...plan.unfit].map((column) => `${plan.name}.${column} (demands a value)`),
  ];
}

function describePlan(plan: TablePlan, match: ColumnMatch, kumaVersion: string): string[] {
  const dropped = match.dropped.map((column) => `${plan.name}.${column}`).join(", ");
  return [
    ...(dropped ? [`Left out, unknown to Uptime Kuma ${kumaVersion} and not set anywhere: ${dropped}.`] : []),
    ...(plan.adopted > 0
      ? [`${plan.adopted} of the written rows of ${plan.name} belong to an account of this instance.`]
      : []),
    ...(plan.replaced.size > 0 ? [describeReplaced(plan)] : []),
  ];
}

/** Of what people make: what only connects goes with it. */
function describeLocalRemoved(
  { entry }: LiveTable,
  { columns, removed }: TablePlan,
  { keepsLocal = false }: Rules,
): string[] {
  const rows = removed.filter((row) => Number(row[columns.indexOf("id")]) >= LOCAL_FROM);
  const connects = entry.references?.some(({ dangling }) => dangling === "row goes") ?? false;
  if (keepsLocal || rows.length === 0 || connects) return [];
  return [
    `${nameRows({ name: entry.name, columns, rows }, rows)}: added here while REPLICATOR_LOCAL was on, and removed, since it is off; \`rollback\` brings that back.`,
  ];
}

function describeReplaced({ name, replaced }: TablePlan): string {
  const [which, it] =
    replaced.size === 1 ? [`1 ${name} has`, "it takes"] : [`${replaced.size} of ${name} have`, "they take"];
  return `${which} the id of another one here, and ${it} over nothing of its history.`;
}

function refuseVersion({ theirs, ours }: Versions, lost: readonly string[]) {
  return refuse(
    "version-mismatch",
    `The snapshot comes from Uptime Kuma ${theirs}; Uptime Kuma ${ours} here cannot hold ${lost.join(", ")}.`,
  );
}

function finish(
  db: Database,
  found: Pick<Plan, "schema" | "broken">,
  planned: { readonly tables: readonly TablePlan[]; readonly remembered: TablePlan | undefined },
  { files, notes }: { readonly files: PlannedFiles; readonly notes: readonly string[] },
): Plan {
  const tables = planned.tables.filter((table) => hasCounts(countTable(table)));
  const { added, changed, removed } = files;
  const fileCounts = { added: added.length, removed: removed.length, changed: changed.length };
  const changes = Object.fromEntries([
    ...tables.map((table) => [table.name, countTable(table)] as const),
    ...(hasCounts(fileCounts) ? [["file", fileCounts] as const] : []),
  ]);
  const empty = Object.keys(changes).length === 0;
  const memory = findMemoryChanges(db, tables);
  const summary = { empty, changes, notes: [...notes, ...files.notes], memory };
  return {
    ...found,
    tables: planned.remembered ? [...tables, planned.remembered] : tables,
    files: [...added, ...changed, ...removed],
    summary,
  };
}

function countTable({ added, removed, changed }: TablePlan): TableCounts {
  const changedRows = changed.reduce((sum, { after }) => sum + after.length, 0);
  return { added: added.length, removed: removed.length, changed: changedRows };
}

function hasCounts({ added, removed, changed }: TableCounts): boolean {
  return added + removed + changed > 0;
}
