import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type KumaDatabase, openKumaDatabase } from "../../src/database/index.ts";
import { openMariaDb } from "../../src/database/mariadb/open-mariadb.ts";
import { success } from "../../src/result.ts";
import { SIDE_BY_SIDE, startMariadbd, type TestMariaDb } from "../../test/support/mariadbd.ts";
import { openClient } from "../bash-way.ts";
import { changeMonitors, fillWithMonitors, KUMA, taken, takeSnapshot } from "../databases.ts";
import { compare, type Figure, type Measure, type Pair, takePairs } from "../figure.ts";

const SIZES = [10, 100, 1_000, 10_000];
const RUNS = 7;
const IDS = { snapshotId: "ab".repeat(32), contentHash: "cd".repeat(32) };

/** What an instance on MariaDB does, beside the same on SQLite, and beside what the bash version does there. */
export const mariaDb: Measure = {
  name: "mariadb",
  measure: async (folder) => {
    const server = await startMariadbd();
    try {
      const figures: Figure[] = [];
      for (const size of SIZES)
        figures.push(...(await measureSize(join(folder, String(size)), server, size)));
      return figures;
    } finally {
      await server.close();
    }
  },
};

async function measureSize(folder: string, server: TestMariaDb, size: number): Promise<Figure[]> {
  const [before, after] = ["before", "after"].map((name) => join(folder, name)) as [string, string];
  for (const each of [before, after]) fillWithMonitors(each, size);
  changeMonitors(after, size, "changed");
  const [old, changed] = [takeSnapshot(before), takeSnapshot(after)];
  const database = `kuma_${size}`;
  const place = await server.create(database, SIDE_BY_SIDE.mariadb);
  const onMariaDb = openMariaDb({ server: place, uploadDir: join(folder, "upload"), kumaVersion: KUMA });
  const onSqlite = copyOf(before, join(folder, "sqlite"));
  const client = openClient(server.socket, database);
  taken(await onMariaDb.apply(changed, IDS));
  const statements = await client.dump();
  taken(await onMariaDb.apply(old, IDS));
  taken(await onSqlite.markApplied(old, IDS));

  const count = size.toLocaleString("en");
  const hash = (kuma: KumaDatabase) => timed(() => kuma.hash());
  const plan = (kuma: KumaDatabase) => timed(() => kuma.plan(changed));
  /** From the same beginning each time. */
  const apply = async (kuma: KumaDatabase) => {
    taken(await kuma.apply(old, IDS));
    return timed(() => kuma.apply(changed, IDS));
  };
  const beside = async (what: string, call: (kuma: KumaDatabase) => Promise<number>) =>
    figure(
      await takePairs(
        RUNS,
        () => call(onMariaDb),
        () => call(onSqlite),
      ),
      what,
      "the same on SQLite",
    );
  return [
    await beside(`read and hash ${count} monitors`, hash),
    figure(
      await takePairs(
        RUNS,
        () => hash(onMariaDb),
        () => client.readAndHash(),
      ),
      `read and hash ${count} monitors`,
      "the bash version's way: SELECT * of each table | sha256sum",
    ),
    await beside(`diff of ${count} changed monitors`, plan),
    await beside(`diff and apply of ${count} changed monitors`, apply),
    figure(
      await takePairs(
        RUNS,
        () => apply(onMariaDb),
        () => client.replaceAll(statements),
      ),
      `diff and apply of ${count} changed monitors`,
      "the bash version's way: DELETE of all, an INSERT for each row",
    ),
  ];
}

function figure(pairs: Pair[], what: string, reference: string): Figure {
  return compare(pairs, { name: `MariaDB: ${what}`, unit: "ms", reference, goal: "–" }, () => undefined);
}

/** Milliseconds. */
async function timed(call: () => Promise<Parameters<typeof taken>[0]>): Promise<number> {
  const begun = performance.now();
  taken(await call());
  return performance.now() - begun;
}

/** A copy of a data folder's database, which is worked on. */
function copyOf(from: string, to: string): KumaDatabase {
  mkdirSync(to);
  copyFileSync(join(from, "kuma.db"), join(to, "kuma.db"));
  const location = success({ engine: "sqlite", file: join(to, "kuma.db") } as const);
  return openKumaDatabase({ locate: () => location, uploadDir: join(to, "upload"), kumaVersion: KUMA });
}
