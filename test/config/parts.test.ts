import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  kumaEnvironment,
  resticEnvironment,
  warnOfBash,
  warnOfUnknown,
} from "../../src/config/environment.ts";
import { redact, secretsOf } from "../../src/config/index.ts";
import { kumaUrl } from "../../src/config/kuma.ts";
import { parseDuration, parseListenAddress, splitCommand } from "../../src/config/values.ts";

describe("parseDuration", () => {
  it("reads seconds and units, and nothing else", () => {
    const times = {
      300: 300_000,
      "250ms": 250,
      "30s": 30_000,
      "5m": 300_000,
      "1H": 3_600_000,
      " 2 d ": 172_800_000,
      "0": 0,
    };
    for (const [text, time] of Object.entries(times)) assert.equal(parseDuration(text), time, text);
    for (const text of ["", "m", "-5", "1.5m", "5 minutes", "0x10", "1e3", "5m5"])
      assert.equal(parseDuration(text), undefined, text);
  });
});

describe("splitCommand", () => {
  it("splits at white space and keeps what is quoted together", () => {
    assert.deepEqual(splitCommand("  node  server/server.js "), ["node", "server/server.js"]);
    assert.deepEqual(splitCommand(`node --title='two words' "" "it's"`), [
      "node",
      "--title=two words",
      "",
      "it's",
    ]);
    assert.deepEqual(splitCommand("a $HOME; `b` \\n"), ["a", "$HOME;", "`b`", "\\n"]);
    for (const text of ["", "  ", "node 'open", 'a "b', '""'])
      assert.equal(splitCommand(text), undefined, text);
  });

  it("gives any words back, and takes no time for any text", () => {
    const words = fc.array(fc.string().filter((word) => !word.includes('"')));
    fc.assert(
      fc.property(words, (args) => {
        assert.deepEqual(splitCommand(["program", ...args.map((word) => `"${word}"`)].join(" ")), [
          "program",
          ...args,
        ]);
      }),
    );
    const start = Date.now();
    splitCommand(`${"a ".repeat(5_000)}"`);
    splitCommand(`${"a".repeat(5_000)}"`);
    assert.ok(Date.now() - start < 20_000, "not of another order");
  });
});

describe("kumaUrl", () => {
  it("decides as Kuma's server/config.js does", () => {
    const cases: [Record<string, string>, string[], string | undefined][] = [
      [{}, [], "http://127.0.0.1:3001"],
      [{ PORT: "80", UPTIME_KUMA_PORT: "81" }, [], "http://127.0.0.1:81"],
      [{ PORT: "80", UPTIME_KUMA_PORT: "none" }, [], "http://127.0.0.1:80"],
      [{ UPTIME_KUMA_PORT: "81 is mine" }, ["--port=82", "--host=10.0.0.1"], "http://10.0.0.1:82"],
      [{ UPTIME_KUMA_HOST: "", HOST: "kuma.lan" }, [], "http://kuma.lan:3001"],
      [{ UPTIME_KUMA_HOST: "0.0.0.0", HOST: "kuma.lan" }, [], "http://127.0.0.1:3001"],
      [{ UPTIME_KUMA_HOST: "::" }, [], "http://[::1]:3001"],
      [{ HOST: "fd00::1" }, [], "http://[fd00::1]:3001"],
      [{ UPTIME_KUMA_SSL_KEY: "k", UPTIME_KUMA_SSL_CERT: "c" }, [], "https://127.0.0.1:3001"],
      [{ UPTIME_KUMA_SSL_KEY: "k" }, [], "http://127.0.0.1:3001"],
      [{ SSL_KEY: "k", UPTIME_KUMA_SSL_CERT: "c" }, [], "https://127.0.0.1:3001"],
      [{ PORT: "99999" }, [], undefined],
    ];
    for (const [env, command, url] of cases) assert.equal(kumaUrl(env, command), url, JSON.stringify(env));
  });
});

describe("environments", () => {
  const secret = [
    "RESTIC_PASSWORD",
    "AWS_SECRET_ACCESS_KEY",
    "B2_ACCOUNT_ID",
    "AZURE_ACCOUNT_KEY",
    "OS_PASSWORD",
  ];
  const alsoSecret = ["GOOGLE_PROJECT_ID", "ST_KEY", "RCLONE_CONFIG_X_PASS"];
  const ours = [
    "REPLICATOR_MODE",
    "NTFY_TOKEN",
    "NTFY_URL",
    "BACKUP_INTERVAL",
    "RESTORE_INTERVAL",
    "KUMA_DIR",
    "MALLOC_ARENA_MAX",
  ];
  const common = [
    "PATH",
    "HOME",
    "TZ",
    "LC_ALL",
    "https_proxy",
    "NO_PROXY",
    "XDG_CONFIG_HOME",
    "SSH_AUTH_SOCK",
  ];
  const kumas = ["DATA_DIR", "UPTIME_KUMA_PORT", "NODE_OPTIONS", "STRANGE", "RESTICX", "LOG_FORMATTED"];
  const names = [...secret, ...alsoSecret, ...ours, ...common, ...kumas];
  const all = Object.fromEntries(names.map((name) => [name, `value of ${name}`]));

  it("shows Kuma its own, the common ones and the instance's name", () => {
    const env = kumaEnvironment({ ...all, REPLICATOR_INSTANCE_NAME: "old" }, {}, "new");
    assert.deepEqual(Object.keys(env).sort(), [...common, ...kumas, "REPLICATOR_INSTANCE_NAME"].sort());
    assert.equal(env.REPLICATOR_INSTANCE_NAME, "new");
  });

  it("shows restic its own, the clouds' and the common ones", () => {
    const env = resticEnvironment(all, "/state");
    assert.deepEqual(
      Object.keys(env).sort(),
      [...secret, ...alsoSecret, ...common, "RESTIC_CACHE_DIR", "TMPDIR"].sort(),
    );
    assert.equal(env.RESTIC_CACHE_DIR, "/state/cache");
    assert.equal(resticEnvironment({}, "/state").TMPDIR, "/state");
    assert.equal(resticEnvironment({ RESTIC_CACHE_DIR: "/c" }, "/state").RESTIC_CACHE_DIR, "/c");
  });

  it("keeps from restic and Kuma what may change which snapshots restic lists, and what nobody knows", () => {
    const unknown = [
      "RESTIC_HOST",
      "RESTIC_TAG",
      "RESTIC_FROM_PASSWORD",
      "RESTIC_FROM_REPOSITORY",
      "RESTIC_NEW",
    ];
    const known = [
      "RESTIC_KEY_HINT",
      "RESTIC_COMPRESSION",
      "RESTIC_REST_PASSWORD",
      "RESTIC_AWS_ASSUME_ROLE_ARN",
    ];
    const env = Object.fromEntries([...unknown, ...known, "RESTIC_PROGRESS_FPS"].map((name) => [name, "x"]));
    assert.deepEqual(
      Object.keys(resticEnvironment(env, "/state")).sort(),
      ["RESTIC_CACHE_DIR", "TMPDIR", ...known].sort(),
    );
    assert.deepEqual(Object.keys(kumaEnvironment(env, {}, "x")), ["REPLICATOR_INSTANCE_NAME"]);
    const [warning, ...others] = warnOfUnknown(env);
    assert.deepEqual(others, []);
    assert.ok(warning?.startsWith(`${unknown.sort().join(", ")}: not given to restic.`), warning);
    assert.deepEqual(warnOfUnknown({ RESTIC_KEY_HINT: "x", HOST: "y" }), []);
  });

  it("of the bash versions' own variables is a warning", () => {
    const [warning, ...others] = warnOfBash({
      SQLITE_DATABASE: "x",
      RESTORE_MERGE_STRATEGY: "SNAPSHOT",
      TZ: "UTC",
    });
    assert.match(warning ?? "", /^RESTORE_MERGE_STRATEGY, SQLITE_DATABASE: known to the bash version alone/);
    assert.deepEqual(others, []);
    assert.deepEqual(warnOfBash({ RESTIC_PASSWORD: "x" }), []);
  });
});

describe("redact", () => {
  it("leaves no secret of four characters or more in any text", () => {
    const secret = fc
      .string({ minLength: 4 })
      .filter((text) => text.trim().length >= 4 && !"***".includes(text));
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1 }), fc.array(fc.string()), (secrets, words) => {
        const env = Object.fromEntries(secrets.map((value, index) => [`A_TOKEN_${index}`, value]));
        const known = secretsOf(env);
        const text = words.flatMap((word, index) => [word, known[index % known.length] ?? ""]).join(" ");
        const hidden = redact(text, known);
        for (const value of known.filter((one) => !one.includes("*"))) assert.ok(!hidden.includes(value));
      }),
    );
  });

  it("hides user and password of any address", () => {
    assert.equal(redact('Head "https://me:pw@host/x": no', []), 'Head "https://***@host/x": no');
  });
});

describe("parseListenAddress", () => {
  it("reads host and port, and nothing else", () => {
    assert.deepEqual(parseListenAddress("127.0.0.1:3080"), { host: "127.0.0.1", port: 3080 });
    assert.deepEqual(parseListenAddress("kuma-1.local:80"), { host: "kuma-1.local", port: 80 });
    assert.deepEqual(parseListenAddress("[::1]:65535"), { host: "::1", port: 65_535 });
    assert.deepEqual(parseListenAddress(":3080"), { host: undefined, port: 3080 });
    const wrong = ["", "3080", "127.0.0.1", "::1:3080", "[127.0.0.1]:80", "127.0.0.256:80", ":0", ":65536"];
    for (const text of [...wrong, "http://x:80", "a b:80", "x:80/", "-x:80", "u@x:80"])
      assert.equal(parseListenAddress(text), undefined, text);
  });
});
