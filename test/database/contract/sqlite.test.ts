import { rmSync, truncateSync, writeFileSync } from "node:fs";
import type { TestContext } from "node:test";
import Database from "better-sqlite3";
import { catalog } from "../../../src/database/catalog.ts";
import {
  type DatabaseLocation,
  type KumaDatabase,
  openKumaDatabase,
  type Rules,
} from "../../../src/database/index.ts";
import { success } from "../../../src/result.ts";
import { dump, makeInstance, query } from "../fixtures.ts";
import { databaseContract } from "./contract.ts";
import type { ContractEngine, ContractInstance } from "./engine.ts";

const VERSION = "2.5.3";

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

async function ruin(t: TestContext, damage: (file: string) => void): Promise<KumaDatabase> {
  const { kuma, location } = open(t);
  if (location.engine === "sqlite") damage(location.file);
  return kuma;
}

const engine: ContractEngine = {
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
  unusable: [
    ["is missing", "database-missing", (t) => ruin(t, rmSync)],
    ["is empty", "database-empty", (t) => ruin(t, truncateSync)],
    [
      "is none",
      "database-not-sqlite",
      (t) => ruin(t, (file) => writeFileSync(file, "no database ".repeat(1000))),
    ],
  ],
};

databaseContract("SQLite", engine);
