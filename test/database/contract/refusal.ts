import assert from "node:assert/strict";
import { it } from "node:test";
import type { DatabaseProblemCode, KumaDatabase } from "../../../src/database/index.ts";
import type { Content, Snapshot } from "../../../src/snapshot/index.ts";
import { changeRows, IDS, problem, table } from "../fixtures.ts";
import type { ContractEngine } from "./engine.ts";
import { dumpAll, take } from "./support.ts";

/** Contents that cannot be applied, by what they have, the code, and what the sentence says. */
const WRONG: readonly (readonly [string, DatabaseProblemCode, RegExp, (content: Content) => Content])[] = [
  [
    "two pages with one slug",
    "snapshot-inconsistent",
    /Row 7000 of table status_page: the same slug as another/,
    (content) => changeRows(content, "status_page", (rows) => [...rows, { ...rows[0], id: 7000n }]),
  ],
  [
    "no table monitor",
    "snapshot-inconsistent",
    /no table monitor/,
    (content) => ({ ...content, tables: content.tables.filter(({ name }) => name !== "monitor") }),
  ],
  [
    "a table that is not replicated",
    "schema-unknown",
    /a table setting, which is not replicated/,
    (content) => ({
      ...content,
      tables: [...content.tables, { name: "setting", columns: ["id"], rows: [] }],
    }),
  ],
  [
    "a column that this Kuma lacks and that holds something",
    "version-mismatch",
    /cannot hold monitor\.zzz_of_the_future/,
    (content) => {
      const monitors = table(content, "monitor");
      const columns = [...monitors.columns, "zzz_of_the_future"];
      const rows = monitors.rows.map((row) => [...row, "something"]);
      return {
        ...content,
        tables: content.tables.map((each) => (each === monitors ? { ...monitors, columns, rows } : each)),
      };
    },
  ],
];

/** Bad input and databases that cannot be used. */
export function refusalContract(engine: ContractEngine): void {
  for (const [what, code, sentence, change] of WRONG)
    it(`refuses a snapshot with ${what}, in plan and apply, and changes nothing`, async (t) => {
      const instance = await engine.makeInstance(t);
      const before = await dumpAll(instance);
      const snapshot = await take(instance, change);
      for (const result of [await instance.kuma.plan(snapshot), await instance.kuma.apply(snapshot, IDS)]) {
        const found = problem(result);
        assert.equal(found.code, code);
        assert.match(found.message, sentence);
      }
      assert.deepEqual(await dumpAll(instance), before);
    });

  for (const [what, code, make] of engine.unusable)
    it(`answers every call with ${code} for a database that ${what}`, async (t) => {
      const kuma = await make(t);
      const snapshot = await take(await engine.makeInstance(t));
      for (const [call, ask] of Object.entries(everyCall(kuma, snapshot)))
        assert.equal(problem(await ask()).code, code, call);
    });
}

/** All but what asks the server alone. */
function everyCall(
  kuma: KumaDatabase,
  snapshot: Snapshot,
): Record<Exclude<keyof KumaDatabase, "serverUpFor">, () => ReturnType<KumaDatabase[keyof KumaDatabase]>> {
  return {
    read: () => kuma.read(),
    hash: () => kuma.hash(),
    look: () => kuma.look(undefined),
    examine: () => kuma.examine(snapshot.content),
    isUntouched: () => kuma.isUntouched(),
    plan: () => kuma.plan(snapshot),
    apply: () => kuma.apply(snapshot, IDS),
    lastApply: () => kuma.lastApply(),
    markApplied: () => kuma.markApplied(snapshot, IDS),
    confirm: () => kuma.confirm(),
    dropHistory: () => kuma.dropHistory(),
    previewRollBack: () => kuma.previewRollBack(),
    rollBack: () => kuma.rollBack(),
    inspect: () => kuma.inspect(),
    readOwn: () => kuma.readOwn(),
    takeOver: () => kuma.takeOver(),
  };
}
