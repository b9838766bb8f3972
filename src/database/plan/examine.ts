import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import type { Content } from "../../snapshot/index.ts";
import { describeLocalIds } from "../own/local.ts";
import { readTable, type Surroundings } from "../read/read.ts";
import { readSchema } from "../sqlite/schema.ts";
import { findDuplicates } from "../sqlite/unique.ts";
import type { DatabaseResult, Examination } from "../types.ts";
import { readUploads } from "../uploads/uploads.ts";
import { describeAccountFaults } from "./accounts.ts";
import { dropDangling } from "./dangling.ts";
import { describeUnresolved } from "./references.ts";

/**
 * Looks at content with the eyes of a replica that has nothing yet, and at the database for what the content leaves
 * out. Must run in a transaction.
 */
export function examineContent(
  db: Database,
  content: Content,
  { uploadDir, rules }: Surroundings,
): DatabaseResult<Examination> {
  const schema = readSchema(db, rules);
  if (!schema.ok) return schema;
  const tables = [...schema.value.values()].map((live) => readTable(db, live));
  return success({
    leftOut: [...dropDangling({ tables, files: [] }).notes, ...readUploads(uploadDir, tables).notes],
    faults: [
      ...describeAccountFaults(content),
      ...describeLocalIds(content),
      ...describeUnresolved(db, schema.value, content, new Set()),
      ...findDuplicates(db, schema.value, content),
    ],
  });
}
