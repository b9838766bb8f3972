import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext } from "node:test";
import { catalog } from "../../../src/database/catalog.ts";
import {
  type DatabaseLocation,
  openDatabaseWorker,
  openKumaDatabase,
  type Rules,
} from "../../../src/database/index.ts";
import type { MariaDbServer } from "../../../src/database/mariadb/session.ts";
import { success } from "../../../src/result.ts";
import type { Value } from "../../../src/snapshot/index.ts";
import { startBuilt } from "../../support/built-thread.ts";
import { startMariadbd, type TestMariaDb } from "../../support/mariadbd.ts";
import { dumpMariaDb, makeMariaDb } from "../mariadb/fixtures.ts";
import { databaseContract, threadContract } from "./contract.ts";
import type { ContractEngine, ContractInstance } from "./engine.ts";
import { throughWorker } from "./through-worker.ts";

const VERSION = "2.5.3";

let maria: TestMariaDb;
before(async () => {
  maria = await startMariadbd();
});
after(() => maria.close());

async function open(t: TestContext, rules?: () => Rules): Promise<ContractInstance> {
  const instance = await makeMariaDb(t, maria);
  const { database, server, uploadDir } = instance;
  return {
    kuma: openAt(server, uploadDir, rules),
    location: { engine: "mariadb", ...server },
    uploadDir,
    kumaVersion: VERSION,
    sql: (...statements) => maria.run(database, ...statements),
    query: async (statement) => {
      const rows = await maria.query(database, statement);
      return rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toValue(value)])),
      );
    },
    dump: () => dumpMariaDb(maria, instance),
  };
}

function openAt(server: MariaDbServer, uploadDir: string, rules: () => Rules = () => ({})) {
  const location: DatabaseLocation = { engine: "mariadb", ...server };
  return openKumaDatabase({ locate: () => success(location), uploadDir, kumaVersion: VERSION, rules });
}

function toValue(value: unknown): Value {
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  return value === null || typeof value === "number" ? value : String(value);
}

/** A server in another place, or another account. */
async function elsewhere(change: (server: MariaDbServer) => MariaDbServer) {
  return openAt(change(maria.place("nobody_made_this")), "");
}

const engine: ContractEngine = {
  makeInstance: open,
  makeUntouched: async (t) => {
    const instance = await open(t);
    await instance.sql(
      ...catalog.flatMap(({ name }) => [`DELETE FROM "${name}"`, `ALTER TABLE "${name}" AUTO_INCREMENT = 1`]),
    );
    return instance;
  },
  manyMonitors: 300,
  unusable: [
    ["does not exist", "database-missing", () => elsewhere((server) => server)],
    [
      "is on a server that does not run",
      "database-unreachable",
      () => elsewhere((server) => ({ ...server, address: { kind: "tcp", host: "127.0.0.1", port: 1 } })),
    ],
    [
      "has an account that is not let in",
      "database-login-refused",
      () => elsewhere((server) => ({ ...server, user: "nobody", password: "wrong" })),
    ],
    [
      "has no table yet",
      "database-missing",
      async (t) => {
        const { database, server, uploadDir } = await makeMariaDb(t, maria);
        await maria.drop(database);
        await maria.create(database);
        rmSync(join(uploadDir, "logo1.png"));
        return openAt(server, uploadDir);
      },
    ],
  ],
};

/** The same through the thread. */
async function openInThread(t: TestContext): Promise<ContractInstance> {
  const instance = await open(t);
  const { location, uploadDir, kumaVersion } = instance;
  const place = { locate: () => success(location), uploadDir, kumaVersion };
  const shutdown = new AbortController();
  t.after(() => shutdown.abort());
  const worker = openDatabaseWorker(place, shutdown.signal, startBuilt);
  return { ...instance, kuma: throughWorker(worker, instance.kuma) };
}

databaseContract("MariaDB", engine);
threadContract("MariaDB in a thread", { ...engine, makeInstance: openInThread });
