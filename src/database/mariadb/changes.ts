import type { Database } from "better-sqlite3";
import type { Row, Value } from "../../snapshot/index.ts";
import { quote } from "../sqlite/connection.ts";
import { hasUniqueColumns } from "../sqlite/unique.ts";

/** What has to be done in a table of MariaDB to make it what its mirror has become. */
export interface TableChanges {
  readonly table: string;
  /** All of the table: the order of `inserted`. */
  readonly columns: readonly string[];
  /** Ids of rows that go; where a table demands unique values also of those that change, so that two may swap them. */
  readonly deleted: readonly Value[];
  readonly inserted: readonly Row[];
  /** Rows that change in the same columns. */
  readonly updated: readonly {
    /** Those that change, then `id`. */
    readonly columns: readonly string[];
    readonly rows: readonly Row[];
  }[];
}

/** From now on changes of these tables of a mirror are taken down, by triggers of this connection. */
export function watchChanges(db: Database, tables: readonly string[]): void {
  for (const table of tables) {
    const [own, before, touched] = [quote(table), former(table), touchedIn(table)];
    const columns = columnsOf(db, table);
    const old = columns.map((column) => `OLD.${quote(column)}`).join(", ");
    const isFirst = `WHERE NOT EXISTS (SELECT 1 FROM ${touched} WHERE id = OLD.id)`;
    const keep = `INSERT INTO ${before} SELECT ${old} ${isFirst}; INSERT INTO ${touched} SELECT OLD.id ${isFirst}`;
    const arrive = `INSERT INTO ${touched} SELECT NEW.id WHERE NOT EXISTS (SELECT 1 FROM ${touched} WHERE id = NEW.id)`;
    db.exec(`
      CREATE TEMP TABLE ${before} AS SELECT * FROM ${own} WHERE 0;
      CREATE INDEX temp.${quote(`${table} before id`)} ON ${before} (id);
      CREATE TEMP TABLE ${touched} (id INTEGER PRIMARY KEY);
      CREATE TEMP TRIGGER ${quote(`${table} updated`)} BEFORE UPDATE ON main.${own} BEGIN ${keep}; END;
      CREATE TEMP TRIGGER ${quote(`${table} deleted`)} BEFORE DELETE ON main.${own} BEGIN ${keep}; END;
      CREATE TEMP TRIGGER ${quote(`${table} inserted`)} AFTER INSERT ON main.${own} BEGIN ${arrive}; END;
      CREATE TEMP TRIGGER ${quote(`${table} renumbered`)} AFTER UPDATE OF id ON main.${own} BEGIN ${arrive}; END
    `);
  }
}

/** What has changed in a watched table since. */
export function changesOf(db: Database, table: string): TableChanges {
  const columns = columnsOf(db, table);
  const list = columns.map(quote).join(", ");
  const one = (from: string) => db.prepare<[Value], Row>(`SELECT ${list} FROM ${from} WHERE id = ?`).raw();
  const [before, after] = [one(former(table)), one(`main.${quote(table)}`)];
  const ids = db
    .prepare<[], bigint>(`SELECT id FROM ${touchedIn(table)} ORDER BY id`)
    .pluck()
    .all();
  const isReplaced = hasUniqueColumns(db, table);
  const [deleted, inserted]: [Value[], Row[]] = [[], []];
  const groups = new Map<string, { columns: string[]; rows: Row[] }>();
  for (const id of ids) {
    const [was, is] = [before.get(id), after.get(id)];
    const changed = was && is ? columns.flatMap((_, at) => (was[at] === is[at] ? [] : [at])) : [];
    if (was && is && changed.length === 0) continue;
    if (was && is && !isReplaced) {
      const group = groups.get(changed.join()) ?? {
        columns: [...changed.map((at) => columns[at] ?? ""), "id"],
        rows: [],
      };
      groups.set(changed.join(), group);
      group.rows.push([...changed.map((at) => is[at] ?? null), id]);
      continue;
    }
    if (was) deleted.push(id);
    if (is) inserted.push(is);
  }
  return { table, columns, deleted, inserted, updated: [...groups.values()] };
}

function columnsOf(db: Database, table: string): string[] {
  return db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);
}

/** Rows as they were, and the ids of those that anything was done to. */
function former(table: string): string {
  return quote(`${table} before`);
}

function touchedIn(table: string): string {
  return quote(`${table} touched`);
}
