import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { loadConfig } from "../../src/config/index.ts";

const folder = mkdtempSync(join(tmpdir(), "replicator-config-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const enough = { RESTIC_REPOSITORY: "/backups", RESTIC_PASSWORD: "correct horse" };

function load(env: NodeJS.ProcessEnv, cwd = folder) {
  const loaded = loadConfig({ ...enough, ...env }, cwd);
  assert.ok(loaded.ok, loaded.ok ? "" : JSON.stringify(loaded.problems));
  return loaded.config;
}

function problemsOf(env: NodeJS.ProcessEnv, cwd = folder): string[] {
  const loaded = loadConfig(env, cwd);
  assert.ok(!loaded.ok, "must be refused");
  for (const { advice } of loaded.problems) assert.match(advice, /\.$/);
  return loaded.problems.map(({ message }) => message);
}

/** What is told of settings with which Kuma starts all the same. */
function warningsOf(env: NodeJS.ProcessEnv, cwd = folder): string {
  return load(env, cwd).warnings.join("\n");
}

/** Why replication cannot be, while Kuma runs. */
function obstaclesOf(env: NodeJS.ProcessEnv, cwd = folder): string[] {
  const loaded = loadConfig(env, cwd);
  assert.ok(loaded.ok, loaded.ok ? "" : JSON.stringify(loaded.problems));
  return loaded.config.obstacles.map(({ message }) => message);
}

describe("loadConfig", () => {
  it("needs a repository and a password only", () => {
    const config = load({});
    assert.equal(config.role, "replica");
    assert.equal(config.instanceName, hostname());
    assert.deepEqual(config.intervals, { primary: 300_000, replica: 360_000 });
    assert.equal(config.kuma.dir, "/app");
    assert.deepEqual(config.kuma.command, ["node", "server/server.js"]);
    assert.equal(config.kuma.dataDir, "/app/data");
    assert.equal(config.stateDir, "/app/data/replicator");
    assert.equal(config.kuma.url, "http://127.0.0.1:3001");
    assert.equal(config.restic.env.RESTIC_CACHE_DIR, "/app/data/replicator/cache");
    assert.equal(config.ntfy, undefined);
    assert.deepEqual(config.log, { level: "info", format: "text" });
    assert.equal(config.createRepository, true);
    assert.equal(config.takeover, false);
    assert.equal(config.adopt, "ask");
    assert.equal(config.push, "everywhere");
    assert.equal(config.accounts, false);
    assert.equal(config.local, false);
    assert.deepEqual(config.keep, ["--keep-last=30", "--keep-daily=30"]);
    assert.equal(config.verifyWindow, 10_000);
    assert.deepEqual(config.kuma.limits, {
      stopGrace: 30_000,
      startLimit: 180_000,
      restartLimit: 10,
      restartPause: 1_000,
    });
    assert.deepEqual(config.warnings, []);
    assert.equal(config.http, undefined);
    assert.deepEqual(config.notify, { level: "all", clickUrl: undefined });
    assert.equal(config.pingUrl, undefined);
    assert.equal(config.wake, undefined);
  });

  it("listens where it is told to, with a password from a file", () => {
    const { http } = load({ REPLICATOR_HTTP: "[::1]:3080", REPLICATOR_HTTP_AUTH_FILE: "" });
    assert.deepEqual(http, { host: "::1", port: 3080, credentials: undefined });
    writeFileSync(join(folder, "auth"), "ops:pass:word\n");
    const config = load({ REPLICATOR_HTTP: ":3080", REPLICATOR_HTTP_AUTH_FILE: "auth" });
    assert.deepEqual(config.http, { host: undefined, port: 3080, credentials: "ops:pass:word" });
    assert.ok(config.secrets.includes("pass:word"));
    for (const wrong of ["hush-hush", ":hush-hush", "hush:", "hush:hush\nhush:hush"]) {
      writeFileSync(join(folder, "wrong-auth"), wrong);
      const closed = load({ REPLICATOR_HTTP: ":3080", REPLICATOR_HTTP_AUTH_FILE: "wrong-auth" });
      assert.equal(closed.http, undefined, "no page rather than an open one");
      const told = closed.warnings.join();
      assert.match(
        told,
        /^The file that REPLICATOR_HTTP_AUTH_FILE names does not hold one line.* There is no page\./,
      );
      assert.doesNotMatch(told, /hush/);
    }
  });

  it("refuses to take Kuma's port for itself", () => {
    const config = load({ REPLICATOR_HTTP: ":3005", UPTIME_KUMA_PORT: "3005" });
    assert.equal(config.http, undefined);
    assert.match(
      config.warnings.join(),
      /^REPLICATOR_HTTP names port 3005, which is Uptime Kuma's\. There is no page\./,
    );
  });

  it("tells other instances with the repository's password, or with what a file holds", () => {
    const peers = (env: Record<string, string>) =>
      load({ REPLICATOR_PEERS: "http://kuma-fra:3080/, https://kuma-nyc.example.com/sub/", ...env });
    const { peers: found, kuma, warnings } = peers({});
    assert.deepEqual(found?.addresses, ["http://kuma-fra:3080", "https://kuma-nyc.example.com/sub"]);
    assert.deepEqual([found?.alert, kuma.env.REPLICATOR_ALERT, kuma.hasChannel], ["each", "each", true]);
    assert.equal(found?.secret, load({}).restic.env.RESTIC_PASSWORD);
    assert.deepEqual(warnings, []);
    writeFileSync(join(folder, "peers-key"), "a secret of the peers\n");
    const byFile = peers({ REPLICATOR_PEERS_KEY_FILE: "peers-key", REPLICATOR_ALERT: "annotate" });
    assert.equal(byFile.peers?.secret, "a secret of the peers");
    assert.equal(byFile.kuma.env.REPLICATOR_ALERT, "annotate");
    assert.ok(byFile.secrets.includes("a secret of the peers"));
    const byCommand = peers({ RESTIC_PASSWORD: "", RESTIC_PASSWORD_COMMAND: "vault" });
    assert.equal(byCommand.peers, undefined);
    assert.match(byCommand.warnings.join(), /REPLICATOR_PEERS_KEY_FILE/);
    const alert = ({ peers: read }: ReturnType<typeof peers>) => read && [read.agree, read.wait, read.alone];
    assert.deepEqual(alert(peers({ REPLICATOR_ALERT: "once" })), [2, 120_000, 600_000]);
    const quorum = peers({
      REPLICATOR_ALERT: "quorum",
      REPLICATOR_ALERT_AGREE: "Majority",
      REPLICATOR_ALERT_WAIT: "30s",
      REPLICATOR_ALERT_ALONE: "10s",
    });
    assert.deepEqual(alert(quorum), ["majority", 30_000, 30_000]);
    assert.match(quorum.warnings.join(), /^REPLICATOR_ALERT_ALONE is shorter than REPLICATOR_ALERT_WAIT\. /);
    const alone = load({ REPLICATOR_ALERT: "annotate" });
    assert.match(alone.warnings.join(), /^REPLICATOR_ALERT is annotate, but REPLICATOR_PEERS names nobody/);
    assert.deepEqual(
      [alone.peers, alone.kuma.env.REPLICATOR_ALERT, alone.kuma.hasChannel],
      [undefined, undefined, false],
    );
  });

  it("keeps the address of a ping secret, but no word of it that others may need", () => {
    const token = "abcdefghijklmnopqrstuvwxyz012345";
    const { pingUrl, secrets, kuma, restic } = load({
      REPLICATOR_PING_URL: `https://hc.example.com/ping/${token}/kuma`,
    });
    assert.ok(pingUrl?.includes(token));
    assert.ok(secrets.includes(token));
    assert.ok(!secrets.includes("kuma") && !secrets.includes("ping"));
    assert.doesNotMatch(JSON.stringify([kuma.env, restic.env]), new RegExp(token));
    assert.ok(
      load({ REPLICATOR_PING_URL: "http://kuma/api/push/aBcDeF?status=up" }).secrets.includes("aBcDeF"),
    );
    const hook = load({ REPLICATOR_WEBHOOK_URL: `https://example.com/hooks/${token}` });
    assert.ok(hook.jsonWebhookUrl?.endsWith(token) && hook.secrets.includes(token));
    for (const REPLICATOR_PING_URL of ["hc.example.com/hush", "ftp://x/hush", "https://u:hush@x/"]) {
      const config = load({ REPLICATOR_PING_URL });
      assert.equal(config.pingUrl, undefined);
      assert.match(
        config.warnings.join("\n"),
        /^REPLICATOR_PING_URL is not [^\n]* It counts as unset\.[^\n]*$/,
      );
      assert.doesNotMatch(config.warnings.join(), /hush/);
    }
  });

  it("wakes replicas by the topic of the notices, and needs one", () => {
    const withToken = { NTFY_URL: "ntfy.example.com/kuma", NTFY_TOKEN: "tk_hush" };
    const { wake, ntfy } = load({ ...withToken, REPLICATOR_WAKE: " NTFY " });
    assert.deepEqual(wake, {
      server: "https://ntfy.example.com",
      topic: "kuma",
      authorization: "Bearer tk_hush",
    });
    assert.deepEqual(wake, ntfy);
    for (const REPLICATOR_WAKE of ["", "off", undefined])
      assert.equal(load({ ...withToken, REPLICATOR_WAKE }).wake, undefined);
    const alone = { REPLICATOR_WAKE: "ntfy" };
    assert.equal(load(alone).wake, undefined);
    assert.match(
      warningsOf(alone),
      /^REPLICATOR_WAKE is ntfy, but NTFY_URL is not set\. No replica is woken/,
    );
    assert.equal(load({ ...alone, BACKUP_INTERVAL: "soon" }).warnings.length, 2, "told with all the others");
    assert.equal(
      load({ ...alone, NTFY_URL: "ntfy.sh" }).warnings.length,
      1,
      "and not when the address is wrong",
    );
    const webhook = load({ ...alone, NTFY_URL: "https://example.com/notify.php" });
    assert.deepEqual([webhook.wake, webhook.ntfy], [undefined, undefined]);
    assert.match(webhook.warnings.join(), /^REPLICATOR_WAKE is ntfy, but NTFY_URL names no ntfy topic\./);
    assert.match(
      warningsOf({ REPLICATOR_WAKE: "always" }),
      /^REPLICATOR_WAKE is "always", which is not known\./,
    );
  });

  it("has an interval for each role, since a command may change the role", () => {
    const intervals = { BACKUP_INTERVAL: "30s", RESTORE_INTERVAL: "2m" };
    assert.deepEqual(load(intervals).intervals, { primary: 30_000, replica: 120_000 });
  });

  it("makes a primary of BACKUP alone, and warns of a word it does not know", () => {
    assert.equal(load({ REPLICATOR_MODE: " bAckup " }).role, "primary");
    assert.deepEqual(load({ REPLICATOR_MODE: "" }).warnings, []);
    const site = load({ REPLICATOR_MODE: "RESTORE_LOCAL_ENTITY_REPLICATION" });
    assert.deepEqual([site.role, site.ownValues, site.warnings], ["replica", true, []]);
    assert.equal(load({ REPLICATOR_MODE: "RESTORE" }).ownValues, false);
    const mistyped = load({ REPLICATOR_MODE: "BACKUPS" });
    assert.equal(mistyped.role, "replica");
    assert.match(mistyped.warnings.join(), /"BACKUPS"/);
  });

  it("warns of a variable that restic is not given", () => {
    assert.match(load({ RESTIC_HOST: "fra" }).warnings.join(), /^RESTIC_HOST: not given to restic\./);
  });

  const wrong = {
    BACKUP_INTERVAL: "soon",
    RESTORE_INTERVAL: "1s",
    REPLICATOR_INIT: "perhaps",
    REPLICATOR_TAKEOVER: "perhaps",
    REPLICATOR_KEEP: "--keep-everything",
    REPLICATOR_INSTANCE_NAME: "two\nlines",
    REPLICATOR_RESTART_LIMIT: "-1",
    REPLICATOR_RESTART_PAUSE: "soon",
    REPLICATOR_STOP_GRACE: "soon",
    REPLICATOR_START_LIMIT: "soon",
    REPLICATOR_PROOF_WINDOW: "soon",
    LOG_LEVEL: "chatty",
    LOG_FORMAT: "xml",
    NTFY_URL: "https://user:hush@ntfy.sh",
    REPLICATOR_NOTIFY: "sometimes",
    REPLICATOR_CLICK_URL: "javascript:hush()",
    REPLICATOR_PING_URL: "hush",
    REPLICATOR_HTTP: "3080",
    REPLICATOR_WAKE: "hush",
    REPLICATOR_PEERS: "http://kuma-fra:3080 kuma-nyc:3080",
    REPLICATOR_ALERT: "sometimes",
    REPLICATOR_ALERT_AGREE: "0",
    REPLICATOR_ALERT_WAIT: "soon",
    REPLICATOR_ALERT_ALONE: "never",
    NTFY_TOKEN_FILE: "/nowhere/token",
  };

  it("starts Kuma with any setting of ours wrong: each is told by its name and counts as unset", () => {
    const config = load(wrong);
    const names = Object.keys(wrong);
    for (const name of names)
      assert.equal(
        config.warnings.filter((text) => text.startsWith(`${name} `)).length,
        1,
        `${name}: ${config.warnings}`,
      );
    assert.equal(config.warnings.length, names.length);
    assert.doesNotMatch(config.warnings.join().replace(/REPLICATOR_WAKE is "hush"/, ""), /hush/);
    const { warnings, secrets, restic, createRepository, keep, ...rest } = config;
    const {
      warnings: _,
      secrets: __,
      restic: unsetRestic,
      createRepository: ___,
      keep: ____,
      ...unset
    } = load({});
    assert.deepEqual(rest, unset);
    assert.deepEqual([restic.env, restic.options], [unsetRestic.env, unsetRestic.options]);
    // Where the default does more than nothing, a careful person waits.
    assert.deepEqual([createRepository, keep], [false, []]);
  });

  it("refuses only what leaves nobody to know how Kuma is started, and tells all the rest with it", () => {
    for (const fatal of [
      { KUMA_COMMAND: 'node "server' },
      { UPTIME_KUMA_PORT: "70000" },
      { PUID: "me" },
      { PGID: "us" },
    ] as const) {
      const [name = ""] = Object.keys(fatal);
      assert.equal(problemsOf({ ...enough, ...fatal }).length, 1);
      const messages = problemsOf({ ...wrong, ...fatal });
      for (const each of [name, ...Object.keys(wrong), "RESTIC_REPOSITORY", "RESTIC_PASSWORD"])
        assert.equal(
          messages.filter((text) => text.startsWith(`${each} `)).length,
          1,
          `${each}: ${messages}`,
        );
      assert.equal(messages.length, Object.keys(wrong).length + 3);
    }
  });

  it("is an obstacle to replication alone, what restic cannot do without", () => {
    assert.deepEqual(obstaclesOf({}), ["RESTIC_REPOSITORY is not set.", "RESTIC_PASSWORD is not set."]);
    assert.deepEqual(load({}).obstacles, []);
    assert.deepEqual(load(wrong).obstacles, [], "and nothing else is");
  });

  it("accepts each way in which restic takes its repository and password", () => {
    const repository = join(folder, "repository");
    const password = join(folder, "password");
    writeFileSync(repository, "rest:https://kuma:from-the-file@host/\n");
    writeFileSync(password, "password in a file\n");
    const files = loadConfig(
      { RESTIC_REPOSITORY_FILE: repository, RESTIC_PASSWORD_FILE: "password" },
      folder,
    );
    assert.ok(files.ok);
    assert.deepEqual([...files.config.secrets].sort(), ["from-the-file", "password in a file"]);
    assert.ok(loadConfig({ RESTIC_REPOSITORY: "/x", RESTIC_PASSWORD_COMMAND: "pass show x" }, folder).ok);
  });

  it("names a file that cannot be read, is empty, or contradicts another setting", () => {
    const empty = join(folder, "empty");
    writeFileSync(empty, "\n");
    assert.match(
      obstaclesOf({ ...enough, RESTIC_PASSWORD_FILE: "/nowhere/x" }).join(),
      /RESTIC_PASSWORD_FILE names \/nowhere\/x.*ENOENT/,
    );
    assert.match(warningsOf({ NTFY_TOKEN_FILE: empty }), /NTFY_TOKEN_FILE .*empty.* sent without a token/);
    assert.match(
      obstaclesOf({ ...enough, RESTIC_REPOSITORY_FILE: empty }).join(),
      /RESTIC_REPOSITORY and RESTIC_REPOSITORY_FILE are both set/,
    );
    const two = load({ NTFY_TOKEN: "abcd", NTFY_URL: "u:p@ntfy.sh/t" });
    assert.match(two.warnings.join(), /NTFY_URL .*NTFY_TOKEN.* The token is used\./);
    assert.equal(two.ntfy?.authorization, "Bearer abcd");
    const three = load({ NTFY_TOKEN: "abcd", NTFY_TOKEN_FILE: empty, NTFY_URL: "ntfy.sh/t" });
    assert.match(three.warnings.join(), /both set\. NTFY_TOKEN is used\./);
    assert.equal(three.ntfy?.authorization, "Bearer abcd");
  });

  it("reads .env beneath the environment, and leaves the environment alone", () => {
    const cwd = mkdtempSync(join(folder, "dotenv-"));
    writeFileSync(join(cwd, ".env"), "RESTIC_PASSWORD=from-dotenv\nLOG_LEVEL=debug\nLOG_FORMAT=json\n");
    const before = JSON.stringify(process.env);
    const loaded = loadConfig({ RESTIC_REPOSITORY: "/x", LOG_LEVEL: "warn" }, cwd);
    assert.ok(loaded.ok);
    assert.deepEqual(loaded.config.log, { level: "warn", format: "json" });
    assert.equal(loaded.config.restic.env.RESTIC_PASSWORD, "from-dotenv");
    assert.equal(JSON.stringify(process.env), before);
  });

  it("tells that .env cannot be read", () => {
    const cwd = mkdtempSync(join(folder, "dotenv-"));
    mkdirSync(join(cwd, ".env"));
    assert.match(warningsOf({}, cwd), /^[^\n]*\.env cannot be read \(EISDIR\)\. It counts as empty\.[^\n]*$/);
    assert.match(warningsOf({ KUMA_DIR: cwd }), /\.env cannot be read \(EISDIR\)/, "Kuma's own");
    assert.equal(load({ KUMA_DIR: cwd }, cwd).warnings.length, 1, "one and the same file once");
  });

  it("resolves relative folders: ours from the working folder, Kuma's data from Kuma's", () => {
    const config = load({ KUMA_DIR: "kuma", DATA_DIR: "./d/", REPLICATOR_STATE_DIR: "state" });
    assert.equal(config.kuma.dir, join(folder, "kuma"));
    assert.equal(config.kuma.dataDir, join(folder, "kuma/d"));
    assert.equal(config.stateDir, join(folder, "state"));
  });

  it("hides what Kuma's own .env would show it, and honours Kuma's settings there", () => {
    const dir = mkdtempSync(join(folder, "kuma-"));
    writeFileSync(
      join(dir, ".env"),
      "RESTIC_PASSWORD=for-restic\nUPTIME_KUMA_PORT=4000\nDATA_DIR=/elsewhere/\n",
    );
    const { kuma } = load({ KUMA_DIR: dir, RESTIC_PASSWORD: "for-restic" });
    assert.equal(kuma.url, "http://127.0.0.1:4000");
    assert.equal(kuma.dataDir, "/elsewhere");
    assert.equal(kuma.env.RESTIC_PASSWORD, "");
    assert.equal("UPTIME_KUMA_PORT" in kuma.env, false);
  });

  it("cannot be changed afterwards", () => {
    const config = load({});
    const attempts = [config, config.kuma, config.kuma.env, config.restic.env, config.log, config.secrets];
    for (const part of attempts) assert.ok(Object.isFrozen(part));
  });

  it("knows every secret", () => {
    const { secrets } = load({
      RESTIC_REPOSITORY: "rest:https://kuma:s%40cret@host/repo",
      AWS_SECRET_ACCESS_KEY: "aws-secret",
      B2_ACCOUNT_KEY: "b2-secret",
      RCLONE_CONFIG_X_PASS: "rclone-secret",
      UPTIME_KUMA_DB_PASSWORD: "db-secret",
      UPTIME_KUMA_SSL_KEY: "/certs/key.pem",
      NTFY_URL: "https://someone:ntfy-secret@ntfy.sh/topic",
      AZURE_ACCOUNT_SAS: "abc",
    });
    assert.deepEqual(
      [...secrets].sort(),
      [
        ...["aws-secret", "b2-secret", "correct horse", "db-secret"],
        ...["c29tZW9uZTpudGZ5LXNlY3JldA==", "ntfy-secret", "rclone-secret", "s%40cret", "s@cret"],
      ].sort(),
    );
  });
});
