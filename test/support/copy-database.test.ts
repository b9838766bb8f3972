import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import Database from "better-sqlite3";
import { copyDatabase } from "./copy-database.ts";

/** Writes without a pause and moves all that it wrote from the -wal into the database again and again. */
const WRITER = `
  const db = new (require("better-sqlite3"))(process.argv[1]);
  db.pragma("wal_autocheckpoint = 50");
  const write = db.prepare("INSERT INTO beat (monitor, message) VALUES (abs(random()) % 1000, hex(randomblob(200)))");
  process.stdout.write("ready");
  for (;;) write.run();`;

describe("copyDatabase", () => {
  const folder = mkdtempSync(join(tmpdir(), "copy-database-"));
  after(() => rmSync(folder, { recursive: true }));

  it("copies a whole database while somebody writes to it without a pause", async () => {
    const file = join(folder, "kuma.db");
    const db = new Database(file);
    db.pragma("journal_mode = WAL");
    db.exec(`
      CREATE TABLE beat (id INTEGER PRIMARY KEY, monitor INTEGER, message TEXT);
      CREATE INDEX by_monitor ON beat (monitor, message);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      INSERT INTO beat (monitor, message) SELECT i % 1000, hex(randomblob(500)) FROM n;`);
    db.close();
    const writer = spawn(process.execPath, ["-e", WRITER, file], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(writer.stdout, "data");
      for (let round = 0; round < 5; round++) {
        const to = join(folder, String(round));
        mkdirSync(to);
        copyDatabase(folder, to);
        const copy = new Database(join(to, "kuma.db"));
        assert.equal(copy.pragma("integrity_check", { simple: true }), "ok");
        copy.close();
      }
    } finally {
      writer.kill("SIGKILL");
    }
  });
});
