import assert from "node:assert/strict";
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import type { TestContext } from "node:test";
import Database from "better-sqlite3";
import { catalog } from "../../../src/database/catalog.ts";
import {
  type DatabaseLocation,
  type KumaDatabase,
  openDatabaseWorker,
  openKumaDatabase,
  type Rules,
} from "../../../src/database/index.ts";
import { success } from "../../../src/result.ts";
import { startBuilt } from "../../support/built-thread.ts";
import { dump, makeInstance, query } from "../fixtures.ts";
import { databaseContract, threadContract } from "./contract.ts";
import type { ContractEngine, ContractInstance } from "./engine.ts";
import { throughWorker } from "./through-worker.ts";

const VERSION = "2.5.3";

type Open = (t: TestContext, rules?: () => Rules) => ContractInstance;

function open(t: TestContext, rules: () => Rules = () => ({})): ContractInstance {
  const instance = makeInstance(t, VERSION);
  const { file, uploadDir } = instance;
  const location: DatabaseLocation = { engine: "sqlite", file };
  return {
    kuma: openKumaDatabase({ locate: () => success(location), uploadDir, kumaVersion: VERSION, rules }),
    location,
    uploadDir,
    kumaVersion: VERSION,
    sql: async (...statements) => {
      const db = new Database(file, { fileMustExist: true });
      db.pragma("foreign_keys = OFF");
      for (const statement of statements) db.exec(statement);
      db.close();
    },
    query: async (statement) => query(instance, statement),
    dump: async () => {
      const { files: _, ...tables } = dump(instance);
      return tables;
    },
  };
}

/** The same through the thread, and while a Kuma has it open: what was written last is in the WAL alone. */
function openInThread(t: TestContext, rules: () => Rules = () => ({})): ContractInstance {
  const instance = open(t, rules);
  holdOpen(t, instance.location);
  const { location, uploadDir, kumaVersion } = instance;
  const place = { locate: () => success(location), uploadDir, kumaVersion, rules };
  const shutdown = new AbortController();
  t.after(() => shutdown.abort());
  const worker = openDatabaseWorker(place, shutdown.signal, startBuilt);
  return { ...instance, kuma: throughWorker(worker, instance.kuma) };
}

function holdOpen(t: TestContext, location: DatabaseLocation): void {
  assert.equal(location.engine, "sqlite");
  const kuma = new Database(location.file);
  t.after(() => kuma.close());
  // SQLite opens the file, and makes the WAL, only when it is asked something.
  kuma.prepare("SELECT count(*) FROM monitor").get();
}

async function ruin(open: Open, t: TestContext, damage: (file: string) => void): Promise<KumaDatabase> {
  const { kuma, location } = open(t);
  if (location.engine === "sqlite") damage(location.file);
  return kuma;
}

function engineOf(open: Open): ContractEngine {
  return {
    makeInstance: async (t, rules) => open(t, rules),
    makeUntouched: async (t) => {
      const instance = open(t);
      // As Kuma's migrations leave it, which make tables anew.
      await instance.sql(
        ...catalog.map(({ name }) => `DELETE FROM "${name}"`),
        "UPDATE sqlite_sequence SET seq = 0",
      );
      return instance;
    },
    manyMonitors: 1_500,
    unusable: [
      ["is missing", "database-missing", (t) => ruin(open, t, rmSync)],
      ["is empty", "database-empty", (t) => ruin(open, t, truncateSync)],
      [
        "is none",
        "database-not-sqlite",
        (t) => ruin(open, t, (file) => writeFileSync(file, "no database ".repeat(1000))),
      ],
    ],
  };
}

databaseContract("SQLite", engineOf(open));
threadContract("SQLite in a thread", engineOf(openInThread));
