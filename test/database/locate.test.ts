import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { type DatabaseLocation, type LocationSources, locateDatabase } from "../../src/database/index.ts";

let folder: string;
let dataDir: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "locate-"));
  dataDir = join(folder, "data");
});
beforeEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(dataDir, name);
  writeFileSync(path, text);
  return path;
}

function locate(env: Record<string, string> = {}, more: Partial<LocationSources> = {}) {
  return locateDatabase({ dataDir, kumaDir: folder, kumaVersion: "2.5.3", env, ...more });
}

function located(env?: Record<string, string>, more?: Partial<LocationSources>): DatabaseLocation {
  const found = locate(env, more);
  assert.ok(found.ok, found.ok ? "" : found.problem.message);
  return found.value;
}

function refused(env?: Record<string, string>, more?: Partial<LocationSources>): string {
  const found = locate(env, more);
  assert.ok(!found.ok);
  assert.equal(found.problem.code, "database-settings-invalid");
  return found.problem.message;
}

const MARIADB = {
  UPTIME_KUMA_DB_TYPE: "mariadb",
  UPTIME_KUMA_DB_HOSTNAME: "db.example.com",
  UPTIME_KUMA_DB_PORT: "3307",
  UPTIME_KUMA_DB_NAME: "kuma",
  UPTIME_KUMA_DB_USERNAME: "kuma-user",
  UPTIME_KUMA_DB_PASSWORD: "kuma-password",
};

describe("the place of Kuma's database", () => {
  it("is not chosen in an empty data folder of 2.x, and SQLite in one with a kuma.db", () => {
    assert.deepEqual(located(), { engine: "not-chosen" });
    const file = write("kuma.db", "");
    assert.deepEqual(located(), { engine: "sqlite", file });
  });

  it("is SQLite for 1.x, whatever 2.x has written", () => {
    write("db-config.json", '{"type":"mariadb","dbName":"kuma"}');
    const file = join(dataDir, "kuma.db");
    assert.deepEqual(located(MARIADB, { kumaVersion: "1.23.17" }), { engine: "sqlite", file });
  });

  it("is what the file of the setup page says, with numbers and texts alike", () => {
    const settings = {
      type: "mariadb",
      hostname: "db",
      dbName: "kuma",
      username: "u",
      password: "p",
      ssl: false,
    };
    for (const port of [3306, "3306", undefined]) {
      write("db-config.json", JSON.stringify({ ...settings, port }));
      assert.deepEqual(located(), {
        engine: "mariadb",
        address: { kind: "tcp", host: "db", port: 3306 },
        database: "kuma",
        user: "u",
        password: "p",
        tls: undefined,
      });
    }
  });

  it("is what the environment says, over the file, also in what it leaves out", () => {
    const stored = { type: "mariadb", hostname: "old", dbName: "old", username: "old", password: "old" };
    write("db-config.json", JSON.stringify({ ...stored, socketPath: "/run/old.sock", ssl: true, ca: "PEM" }));
    const { UPTIME_KUMA_DB_PASSWORD: _, ...withoutPassword } = MARIADB;
    assert.deepEqual(located(withoutPassword), {
      engine: "mariadb",
      address: { kind: "tcp", host: "db.example.com", port: 3307 },
      database: "kuma",
      user: "kuma-user",
      password: "",
      tls: undefined,
    });
  });

  it("keeps the file's socket and TLS in 2.0, which has no variables for them", () => {
    write("db-config.json", JSON.stringify({ type: "sqlite", socketPath: "/run/s", ssl: true, ca: "PEM" }));
    const env = { ...MARIADB, UPTIME_KUMA_DB_SOCKET: "/run/other", UPTIME_KUMA_DB_PASSWORD_FILE: "/no/such" };
    const found = located(env, { kumaVersion: "2.0.2" });
    assert.ok(found.engine === "mariadb");
    assert.deepEqual(found.address, { kind: "socket", path: "/run/s" });
    assert.deepEqual(found.tls, { ca: "PEM" });
    assert.equal(found.password, "kuma-password");
  });

  it("is reached by a socket where there is one, and by verified TLS where it is asked for", () => {
    const env = { ...MARIADB, UPTIME_KUMA_DB_SOCKET: " /run/mysqld.sock ", UPTIME_KUMA_DB_SSL: "TRUE" };
    const found = located(env);
    assert.ok(found.engine === "mariadb");
    assert.deepEqual(found.address, { kind: "socket", path: "/run/mysqld.sock" });
    assert.deepEqual(found.tls, { ca: undefined });
    const withCa = located({ ...env, UPTIME_KUMA_DB_CA_FILE: write("ca.pem", "\nPEM\n") });
    assert.deepEqual(withCa.engine === "mariadb" && withCa.tls, { ca: "PEM" });
  });

  it("takes user and password from files, white space around them cut off", () => {
    const { UPTIME_KUMA_DB_USERNAME: _, UPTIME_KUMA_DB_PASSWORD: __, ...rest } = MARIADB;
    write("password", "  from a file\n");
    const found = located({
      ...rest,
      UPTIME_KUMA_DB_USERNAME_FILE: write("user", "someone\n"),
      UPTIME_KUMA_DB_PASSWORD_FILE: "data/password",
    });
    assert.ok(found.engine === "mariadb");
    assert.deepEqual([found.user, found.password], ["someone", "from a file"]);
  });

  it("is the server that Kuma starts, at Kuma's paths and as this user", () => {
    write("db-config.json", '{"type":"embedded-mariadb","ssl":false,"hostname":"","port":"3306"}');
    assert.deepEqual(located(), {
      engine: "embedded-mariadb",
      serverDir: "/app/data/mariadb",
      socket: "/app/data/run/mariadb.sock",
      pidFile: "/app/data/run/mysqld.pid",
      runAs: { name: "node", uid: 1000 },
      database: "kuma",
      user: userInfo().username,
    });
  });

  it("is refused in one sentence where the settings contradict one another or are none", () => {
    assert.match(
      refused({ ...MARIADB, UPTIME_KUMA_DB_PASSWORD_FILE: "/run/secrets/p" }),
      /UPTIME_KUMA_DB_PASSWORD and UPTIME_KUMA_DB_PASSWORD_FILE are both set/,
    );
    assert.match(refused({ ...MARIADB, UPTIME_KUMA_DB_TYPE: "postgres" }), /type "postgres"/);
    assert.match(refused({ ...MARIADB, UPTIME_KUMA_DB_NAME: "" }), /no database name/);
    assert.match(refused({ ...MARIADB, UPTIME_KUMA_DB_PORT: "70000" }), /port "70000"/);
  });

  it("is refused without showing what may be the secret, where a file of it cannot be read", () => {
    const { UPTIME_KUMA_DB_PASSWORD: _, ...rest } = MARIADB;
    const message = refused({ ...rest, UPTIME_KUMA_DB_PASSWORD_FILE: "my-secret-itself" });
    assert.match(message, /UPTIME_KUMA_DB_PASSWORD_FILE names cannot be read \(ENOENT\)/);
    assert.doesNotMatch(message, /my-secret/);
  });

  it("is refused, not taken for SQLite, where db-config.json is damaged", () => {
    write("kuma.db", "");
    for (const text of [
      "",
      "{",
      '"sqlite"',
      '{"type":1}',
      '{"type":"mariadb","password":"secret-password"',
    ]) {
      write("db-config.json", text);
      assert.match(refused(), /db-config\.json does not hold the JSON/);
      assert.doesNotMatch(refused(), /secret-password/);
    }
    rmSync(join(dataDir, "db-config.json"));
    mkdirSync(join(dataDir, "db-config.json"));
    assert.match(refused(), /db-config\.json cannot be read \(EISDIR\)/);
  });

  it("is found by the environment in spite of a damaged file, as Kuma overwrites that", () => {
    write("db-config.json", "{");
    assert.equal(located(MARIADB).engine, "mariadb");
  });
});
