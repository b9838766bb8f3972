import fc from "fast-check";
import { catalog } from "../../../src/database/catalog.ts";
import type { Value } from "../../../src/snapshot/index.ts";

/** A database that a person edits, of either engine. */
export interface Edited {
  /** Ids of a table's rows. */
  ids(table: string): Promise<bigint[]>;
  /** One statement, with foreign keys on; what a rule of the schema forbids does not happen. */
  run(sql: string, values: readonly Value[]): Promise<void>;
}

export interface Edit {
  /** "another": all aspects of a monitor become others, so that its id belongs to something else. */
  readonly do: "update" | "delete" | "copy" | "another";
  readonly table: string;
  /** Which row and which column, as a part of all there are. */
  readonly row: number;
  readonly column: number;
  readonly text: string;
  readonly number: bigint;
  readonly moment: string;
}

/** What the bash version lost on its way to MariaDB, and what SQL, JSON and CSV have a meaning for. */
const TRAPS = [
  "null",
  "NULL",
  "\\N",
  "a\\nb",
  "\\\\",
  '{"a":"\\"b\\\\c"}',
  "it''s",
  "a;\nb;",
  ";",
  "  both ends  ",
  "",
  "%s?",
  "\0",
  "é",
  "😀",
];

const part = fc.double({ min: 0, max: 0.999, noNaN: true });

export const anyEdit: fc.Arbitrary<Edit> = fc.record({
  do: fc.constantFrom<Edit["do"]>("update", "update", "update", "delete", "copy", "another"),
  table: fc.constantFrom(...catalog.map(({ name }) => name)),
  row: part,
  column: part,
  text: fc.oneof(fc.constantFrom(...TRAPS), fc.string({ unit: "binary", maxLength: 20 })),
  number: fc.nat(99).map(BigInt),
  moment: fc.constantFrom("2026-12-24 18:00", "2027-01-01T00:00:00.000", "2026-02-28 23:59:59"),
});

/** @param types by table and column, as MariaDB has them: so that a value fits on both engines */
export async function makeEdits(
  edited: Edited,
  types: ReadonlyMap<string, ReadonlyMap<string, string>>,
  edits: readonly Edit[],
): Promise<void> {
  for (const edit of edits) {
    const columns = [...(types.get(edit.table) ?? [])].filter(([name]) => name !== "id");
    const ids = await edited.ids(edit.table);
    const id = ids[Math.floor(edit.row * ids.length)];
    const [name, type] = columns[Math.floor(edit.column * columns.length)] ?? [];
    if (id === undefined || name === undefined || type === undefined) continue;
    const list = columns.map(([column]) => `"${column}"`).join(", ");
    switch (edit.do) {
      case "update":
        await edited.run(`UPDATE "${edit.table}" SET "${name}" = ? WHERE id = ?`, [valueFor(type, edit), id]);
        break;
      case "delete":
        await edited.run(`DELETE FROM "${edit.table}" WHERE id = ?`, [id]);
        break;
      case "copy":
        await edited.run(
          `INSERT INTO "${edit.table}" (${list}) SELECT ${list} FROM "${edit.table}" WHERE id = ?`,
          [id],
        );
        break;
      case "another":
        await edited.run(
          `UPDATE monitor SET type = 'another type', name = 'another name', url = 'https://another.example',
          hostname = 'another.example', docker_container = '', push_token = NULL WHERE id = ?`,
          [id],
        );
    }
  }
}

function valueFor(type: string, { text, number, moment }: Edit): Value {
  if (/int|double/.test(type)) return number;
  if (type === "datetime") return moment;
  if (type === "time") return moment.slice(11, 16);
  return type === "enum" ? "2c" : text;
}
