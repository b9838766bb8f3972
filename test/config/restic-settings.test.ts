import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadConfig } from "../../src/config/index.ts";

const enough = { RESTIC_REPOSITORY: "/backups", RESTIC_PASSWORD_COMMAND: "vault kv get x" };

function load(env: NodeJS.ProcessEnv) {
  const loaded = loadConfig({ ...enough, ...env }, "/nowhere");
  assert.ok(loaded.ok, loaded.ok ? "" : JSON.stringify(loaded.problems));
  return loaded.config;
}

/** What is told of a setting that is not taken, one line each; Kuma starts all the same. */
function problemOf(env: NodeJS.ProcessEnv): string {
  const { obstacles, warnings } = load(env);
  const told = [...obstacles.map(({ message }) => message), ...warnings];
  assert.notDeepEqual(told, [], "must not be taken");
  return told.join("\n");
}

describe("REPLICATOR_RESTIC_ENV", () => {
  it("gives variables to restic, keeps them from Kuma, and counts them as secrets", () => {
    const token = { VAULT_TOKEN: "hvs.hushhush", OP_SESSION: "op-hush" };
    const without = load(token);
    assert.equal(without.kuma.env.VAULT_TOKEN, "hvs.hushhush");
    assert.equal("VAULT_TOKEN" in without.restic.env, false);
    const { kuma, restic, secrets, warnings } = load({
      ...token,
      REPLICATOR_RESTIC_ENV: " VAULT_TOKEN, OP_SESSION ",
    });
    for (const [name, value] of Object.entries(token)) {
      assert.equal(restic.env[name], value);
      assert.equal(name in kuma.env, false);
      assert.ok(secrets.includes(value));
    }
    assert.deepEqual(warnings, []);
  });

  it("warns of a name that is not set", () => {
    assert.match(
      load({ REPLICATOR_RESTIC_ENV: "VAULT_TOKEN" }).warnings.join(),
      /VAULT_TOKEN, which is not set/,
    );
  });

  it("takes nothing that Kuma needs, or that is settled, and shows no value", () => {
    assert.match(problemOf({ REPLICATOR_RESTIC_ENV: "DATA_DIR" }), /DATA_DIR, which Uptime Kuma needs/);
    assert.match(problemOf({ REPLICATOR_RESTIC_ENV: "X,UPTIME_KUMA_PORT" }), /UPTIME_KUMA_PORT/);
    for (const name of ["RESTIC_HOST", "NTFY_TOKEN", "REPLICATOR_MODE", "PATH"])
      assert.match(
        problemOf({ REPLICATOR_RESTIC_ENV: name }),
        new RegExp(`names ${name}, of which is settled`),
      );
    assert.doesNotMatch(problemOf({ REPLICATOR_RESTIC_ENV: "VAULT_TOKEN=hvs.hush" }), /hush/);
  });
});

describe("REPLICATOR_RESTIC_OPTIONS", () => {
  const options = (text: string) => load({ REPLICATOR_RESTIC_OPTIONS: text }).restic.options;

  it("splits words without a shell, and takes options in each of their forms", () => {
    assert.deepEqual(options(""), []);
    assert.deepEqual(
      options(
        `-o sftp.args="-i /run/secrets/key -o UserKnownHostsFile=/hosts" -os3.bucket-lookup=path --option 'rclone.args=serve restic --stdio'`,
      ),
      [
        "--option=sftp.args=-i /run/secrets/key -o UserKnownHostsFile=/hosts",
        "--option=s3.bucket-lookup=path",
        "--option=rclone.args=serve restic --stdio",
      ],
    );
    assert.deepEqual(options("--limit-upload 500 --limit-download=9 --insecure-tls --cacert /ca.pem"), [
      "--limit-upload=500",
      "--limit-download=9",
      "--insecure-tls",
      "--cacert=/ca.pem",
    ]);
  });

  it("refuses others by name, and what does not fit, without a value in the message", () => {
    const cases = {
      "--repo /elsewhere": /holds --repo, which is not one of its options/,
      "-r /elsewhere": /holds -r,/,
      "--host=x": /holds --host,/,
      "--password-command=hush": /holds --password-command,/,
      "--no-lock": /holds --no-lock,/,
      "--constructor x": /holds --constructor,/,
      "-o": /no fitting value for --option/,
      "-o sftp.args": /no fitting value for --option/,
      "-o sftp.args=-i /hush": /holds a word that is no option/,
      "--limit-upload fast": /no fitting value for --limit-upload/,
      "--insecure-tls=no": /holds --insecure-tls,/,
      "-o 'sftp.args=-i /hush": /a quote that is not closed/,
    };
    for (const [text, expected] of Object.entries(cases)) {
      const problem = problemOf({ REPLICATOR_RESTIC_OPTIONS: text });
      assert.match(problem, expected, text);
      assert.match(problem, /^REPLICATOR_RESTIC_OPTIONS /);
      assert.doesNotMatch(problem, /hush/);
    }
  });
});

describe("a secret where the name of its file belongs", () => {
  it("is not shown", () => {
    for (const name of ["RESTIC_REPOSITORY_FILE", "NTFY_TOKEN_FILE"])
      assert.doesNotMatch(problemOf({ [name]: "hush-hush" }), /hush-hush/);
  });
});
