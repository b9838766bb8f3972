import type { Database } from "better-sqlite3";
import type { Content } from "../../snapshot/index.ts";
import { sharedRows } from "../own/local.ts";
import type { Rules } from "../own/rules.ts";
import { readTable } from "../read/read.ts";
import type { Schema } from "../sqlite/schema.ts";

/**
 * Content with the rows that are here in place of what it says nothing of. So they stay, and what refers to one that is
 * not here, or is one whose parent goes, is settled as among rows of the content itself.
 */
export function fillOmitted(db: Database, schema: Schema, content: Content, rules: Rules): Content {
  const { tables, omits = [] } = content;
  const here = [...schema.values()].filter(
    ({ entry }) => omits.includes(entry.name) && !tables.some(({ name }) => name === entry.name),
  );
  return here.length === 0
    ? content
    : {
        ...content,
        tables: [
          ...tables,
          ...here.map((live) => readTable(db, live, (each) => sharedRows(schema, each, rules))),
        ],
      };
}
