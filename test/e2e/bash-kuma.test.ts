import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import Database from "better-sqlite3";
import { readKumaVersion } from "../../src/kuma/index.ts";
import { type BashForm, publishAsBash } from "../support/bash-publisher.ts";
import { at } from "../support/bash-samples.ts";
import { ensureKuma } from "../support/install/kuma.ts";
import { type Instance, startInstance } from "../support/kuma/instance.ts";
import { connectKuma } from "../support/kuma/kuma-api.ts";
import { freePort } from "../support/ports.ts";
import { makeRepository } from "../support/repository.ts";
import { readReplicatedTables } from "../support/rows.ts";
import { PASSWORD } from "../support/supervisor-namespace.ts";
import { waitFor } from "../support/wait.ts";

/** What the bash versions published, and of which Uptime Kuma. */
const PUBLISHED: readonly {
  readonly source: string;
  readonly how: BashForm;
  readonly silent: readonly string[];
}[] = [
  {
    source: "1.23.17",
    how: { form: "dump" },
    silent: ["proxy", "docker_host", "remote_browser", "status_page_cname"],
  },
  { source: "2.3.2", how: { form: "exports", seed: true }, silent: ["docker_host", "status_page_cname"] },
];

/** What a new instance has not got: they name rows of tables that the bash version says nothing of. */
const EMPTY_WHEN_NEW = ["proxy_id", "docker_host"];

let kumaDir: string;
let folder: string;

before(async () => {
  kumaDir = await ensureKuma();
  folder = mkdtempSync(join(tmpdir(), "bash-kuma-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Rows by the tables and columns that both databases have and that the bash version speaks of. */
function rows(file: string, other: string, silent: readonly string[]): Record<string, unknown> {
  const theirs = readReplicatedTables(other);
  const tables = Object.entries(readReplicatedTables(file)).filter(
    ([name]) => !silent.includes(name) && name in theirs,
  );
  return Object.fromEntries(
    tables.map(([name, { columns, rows: all }]) => {
      const shared = columns
        .filter((column) => theirs[name]?.columns.includes(column) && !EMPTY_WHEN_NEW.includes(column))
        .sort();
      return [name, all.map((row) => shared.map((column) => String(row[columns.indexOf(column)])))];
    }),
  );
}

/** All replicated rows; a column of one release may have another type in a new database than in a migrated one. */
function asText(file: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(readReplicatedTables(file)).map(([name, { columns, rows: all }]) => [
      name,
      { columns, rows: all.map((row) => row.map(String)) },
    ]),
  );
}

for (const { source, how, silent } of PUBLISHED)
  describe(`a repository of the bash version for Uptime Kuma ${source}`, () => {
    const isNewer = () => numberOf(readKumaVersion(kumaDir)) >= numberOf(source);
    const place = (name: string) => join(folder, `${source}-${name}`);
    const old = () => join(place("old"), "kuma.db");
    const instances: Instance[] = [];

    async function start(mode: "BACKUP" | "RESTORE", name: string): Promise<Instance> {
      const instance = await startInstance({
        ...{ mode, name, kumaDir, password: PASSWORD, interval: 5 },
        port: await freePort(),
        dataDir: place(name),
        repository: place("repository"),
        env: { REPLICATOR_PROOF_WINDOW: "1s", BACKUP_INTERVAL: "10m" },
      });
      instances.push(instance);
      await instance.waitReady();
      return instance;
    }

    async function untilEqual(file: string): Promise<void> {
      const equal = () =>
        isDeepStrictEqual(rows(file, old(), silent), rows(old(), file, silent)) || undefined;
      await waitFor(`${file} equal to the old primary`, equal).catch(() =>
        console.log(instances.at(-1)?.log().slice(-3_000)),
      );
      assert.deepEqual(rows(file, old(), silent), rows(old(), file, silent));
    }

    const stops = (instance: Instance) => instance.log().match(/Stopping Uptime Kuma to/g)?.length ?? 0;

    after(() => Promise.all(instances.map((instance) => instance.kill())));

    it("is followed by a new replica, whose Uptime Kuma shows all of it, and then moved", async (t) => {
      if (!isNewer()) return t.skip("this Uptime Kuma is older");
      mkdirSync(place("old"));
      copyFileSync(at(`kuma-dbs/${source}.db`), old());
      await makeRepository(place("repository"));
      await publishAsBash(place("repository"), old(), how);

      const replica = await start("RESTORE", "replica");
      const file = join(place("replica"), "kuma.db");
      await untilEqual(file);
      await replica.waitReady();
      const client = await connectKuma(replica.url);
      const count = inDatabase(old(), (db) => db.prepare("SELECT count(*) FROM monitor").pluck().get());
      assert.equal(client.lists.monitors.size, count);
      client.close();

      inDatabase(old(), (db) =>
        db.exec("UPDATE monitor SET name = 'edited', url = 'http://127.0.0.1:9/x' WHERE id = 2"),
      );
      await publishAsBash(place("repository"), old(), how);
      await untilEqual(file);
      await replica.waitReady();
      const stopped = stops(replica);

      // The primary last: its volume stays, its image changes.
      const primary = await start("BACKUP", "old");
      await waitFor("the first publish", () => /Published snapshot/.test(primary.log()) || undefined);
      const followed = () => readReplicatedTables(file).status_page_cname?.rows.length === 2 || undefined;
      await waitFor("the domains on the replica", followed);
      await replica.waitReady();
      assert.deepEqual(asText(file), asText(old()));
      assert.equal(stops(replica), stopped + 1);
    });
  });

/** Of major and minor. */
function numberOf(version: string): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major * 1_000 + minor;
}

function inDatabase<T>(file: string, work: (db: Database.Database) => T): T {
  const db = new Database(file, { fileMustExist: true });
  try {
    return work(db);
  } finally {
    db.close();
  }
}
