import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import Database from "better-sqlite3";
import { execa, execaSync } from "execa";
import type { Config } from "../../src/config/index.ts";
import { openSqlite } from "../../src/database/index.ts";
import { checkCommand, checkDisk, checkOrphans, checkTimeZone } from "../../src/doctor/index.ts";
import { contentHash, type Snapshot } from "../../src/snapshot/index.ts";
import { waitFor } from "../support/wait.ts";

describe("checks of the machine and of Uptime Kuma's database", () => {
  let folder: string;
  const inspect = (file: string) => openSqlite({ file, uploadDir: "", kumaVersion: "" }).inspect();

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "doctor-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("npm as KUMA_COMMAND: a signal ends npm and reaches nobody else, so it is an error", async () => {
    const started = join(folder, "started");
    const told = join(folder, "told");
    writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts: { start: "node kuma.cjs" } }));
    writeFileSync(
      join(folder, "kuma.cjs"),
      `process.on("SIGTERM", () => require("node:fs").writeFileSync(${JSON.stringify(told)}, ""));
      require("node:fs").writeFileSync(${JSON.stringify(started)}, String(process.pid));
      setTimeout(() => undefined, 30_000);`,
    );
    const command = ["npm", "run", "start"] as const;
    const npm = execa(command[0], command.slice(1), {
      cwd: folder,
      stdio: "ignore",
      reject: false,
      detached: true,
    });
    const kuma = await waitFor(
      "the program to start",
      () => (existsSync(started) && Number(readFileSync(started, "utf8"))) || undefined,
    );
    npm.kill("SIGTERM");
    await npm;
    const wasTold = existsSync(told);
    process.kill(kuma, "SIGKILL");

    const check = (...words: [string, ...string[]]) =>
      checkCommand({ kuma: { command: words } } as unknown as Config);
    const found = check(...command);
    assert.deepEqual([wasTold, found.status], [false, "error"]);
    assert.match(found.message, /by npm: signals do not reach Uptime Kuma/);
    assert.equal(check("/usr/local/bin/yarn", "start").status, "error");
    assert.equal(check("node", "server/server.js").status, "ok");
    assert.equal(check("setpriv", "--reuid=1000", "node", "server/server.js").status, "ok");
  });

  it("the time zone: one that does not exist, one that is not Uptime Kuma's, and what is right", async () => {
    const file = join(folder, "zone.db");
    copyFileSync(fixture("2.5.3"), file);
    const setting = async () => {
      const inspected = inspect(file);
      assert.ok(inspected.ok);
      return inspected.value.zoneSetting;
    };
    const check = async (timeZone: string | undefined) => checkTimeZone({ timeZone }, await setting());
    assert.deepEqual(await check("Europe/Berln"), {
      check: "time zone",
      status: "warn",
      message: 'TZ is "Europe/Berln", which is no time zone: it counts as UTC.',
      advice: "Set TZ to a name such as Europe/Berlin, or remove it.",
    });
    inDatabase(file, (db) => {
      db.exec(`DELETE FROM setting WHERE key = 'serverTimezone';
        INSERT INTO setting (key, value, type) VALUES ('serverTimezone', '"America/New_York"', 'general')`);
    });
    const differs = await check("Europe/Berlin");
    assert.equal(differs.status, "warn");
    assert.match(differs.message, /TZ is Europe\/Berlin, but Uptime Kuma's setting is America\/New_York/);
    assert.equal((await check("America/New_York")).status, "ok");
    assert.match((await check(undefined)).message, /America\/New_York, by Uptime Kuma's setting/);
  });

  for (const version of ["1.23.17", "2.5.3"])
    it(`history without a monitor in ${version} is counted; what an undo may bring back is not`, async () => {
      const file = join(folder, `${version}.db`);
      copyFileSync(fixture(version), file);
      inDatabase(file, (db) => {
        db.pragma("foreign_keys = OFF");
        db.exec("DELETE FROM heartbeat WHERE monitor_id NOT IN (SELECT id FROM monitor)");
        const monitor = db.prepare("SELECT min(id) FROM monitor").pluck().get();
        db.prepare(
          "INSERT INTO heartbeat (monitor_id, status, time, important) VALUES (?, 1, '2026-01-01 00:00:00', 0)",
        ).run(monitor);
      });
      const count = async () => {
        const inspected = inspect(file);
        assert.ok(inspected.ok);
        return inspected.value;
      };
      assert.equal(checkOrphans(await count(), version, "sqlite").status, "ok");

      // An apply removes all monitors, and keeps their history for its undo.
      const database = openSqlite({ file, uploadDir: join(folder, "upload"), kumaVersion: version });
      const here = database.read();
      assert.ok(here.ok);
      const content = { ...here.value, tables: here.value.tables.map(emptied) };
      const snapshot: Snapshot = {
        origin: {
          kumaVersion: version,
          instanceName: "a",
          instanceId: "a",
          createdAt: new Date().toISOString(),
        },
        content,
      };
      const applied = database.apply(snapshot, {
        snapshotId: "a".repeat(64),
        contentHash: contentHash(content),
      });
      assert.ok(applied.ok, applied.ok ? "" : applied.problem.message);
      inDatabase(file, (db) => {
        assert.equal(db.prepare("SELECT count(*) FROM monitor").pluck().get(), 0);
        assert.notEqual(db.prepare("SELECT count(*) FROM heartbeat").pluck().get(), 0);
      });
      assert.equal(checkOrphans(await count(), version, "sqlite").status, "ok");

      inDatabase(file, (db) => {
        db.pragma("foreign_keys = OFF");
        db.exec(
          "INSERT INTO heartbeat (monitor_id, status, time, important) VALUES (9999, 1, '2026-01-01 00:00:00', 0)",
        );
      });
      const found = checkOrphans(await count(), version, "sqlite");
      assert.equal(found.status, "warn");
      assert.match(found.message, /^heartbeat has 1 row of monitors that do not exist/);
      assert.equal(/migration to Uptime Kuma 2 breaks/.test(found.message), version.startsWith("1."));
      const statement = /DELETE FROM heartbeat WHERE [^;]+;/.exec(found.advice ?? "")?.[0] ?? "";
      inDatabase(file, (db) => void db.exec(statement));
      assert.equal(checkOrphans(await count(), version, "sqlite").status, "ok", "the advice helps");
    });

  it("a disk that is full, without an inode left, and one that has room", (t) => {
    if (process.getuid?.() !== 0) return t.skip("needs root to mount");
    const check = (dataDir: string) =>
      checkDisk({ kuma: { dataDir }, stateDir: dataDir, restic: { env: {} } } as unknown as Config);
    for (const [options, message] of [
      ["size=50m", /^5\d MB are free for /],
      ["size=200m,nr_inodes=2", /no inode left/],
    ] as const) {
      const disk = mkdtempSync(join(folder, "disk-"));
      execaSync("mount", ["-t", "tmpfs", "-o", options, "none", disk]);
      try {
        if (options.includes("inodes")) mkdirSync(join(disk, "last"));
        const found = check(disk);
        assert.deepEqual([found.status, message.test(found.message)], ["error", true], found.message);
      } finally {
        execaSync("umount", [disk]);
      }
    }
    assert.match(check(join(folder, "no-such")).message, /does not exist/);
  });
});

const fixture = (version: string) => new URL(`../fixtures/kuma-dbs/${version}.db`, import.meta.url);

/** No monitor, and nothing that belongs to one. */
function emptied<T extends { readonly name: string; readonly rows: readonly unknown[] }>(table: T): T {
  return /^monitor|^maintenance|^incident|^group$|^status_page/.test(table.name)
    ? { ...table, rows: [] }
    : table;
}

function inDatabase(file: string, work: (db: Database.Database) => void): void {
  const db = new Database(file, { fileMustExist: true });
  try {
    work(db);
  } finally {
    db.close();
  }
}
