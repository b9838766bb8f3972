import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { loadConfig } from "../../src/config/index.ts";

const folder = mkdtempSync(join(tmpdir(), "database-config-"));
after(() => rmSync(folder, { recursive: true, force: true }));

it("the database's password is a secret wherever it is, and reaches Kuma as it was given", () => {
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "data", "db-config.json"), '{"type":"mariadb","password":"in-db-config"}');
  writeFileSync(join(folder, "password"), "in-a-file\n");
  writeFileSync(join(folder, ".env"), "UPTIME_KUMA_DB_NAME=of-kumas-own-file\nUPTIME_KUMA_DB_TYPE=mariadb\n");
  const given = { UPTIME_KUMA_DB_PASSWORD_FILE: "password", UPTIME_KUMA_DB_TYPE: "sqlite" };
  const env = { ...given, KUMA_DIR: folder, RESTIC_REPOSITORY: "/r", RESTIC_PASSWORD: "repository" };
  const files = loadConfig(env, tmpdir());
  assert.ok(files.ok);
  for (const secret of ["in-db-config", "in-a-file"])
    assert.ok(files.config.secrets.includes(secret), secret);
  assert.deepEqual(files.config.kuma.databaseEnv, { ...given, UPTIME_KUMA_DB_NAME: "of-kumas-own-file" });
  assert.equal(files.config.kuma.env.UPTIME_KUMA_DB_PASSWORD_FILE, "password");
  const plain = loadConfig({ ...env, UPTIME_KUMA_DB_PASSWORD: "in-the-environment" }, tmpdir());
  assert.ok(plain.ok && plain.config.secrets.includes("in-the-environment"));
  assert.equal(plain.config.kuma.env.UPTIME_KUMA_DB_PASSWORD, "in-the-environment");
});
