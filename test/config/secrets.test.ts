import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { redact, secretsOf } from "../../src/config/index.ts";

/** Any password that has no piece of the rest of the sentence in it. */
const password = fc
  .string({ unit: "binary", minLength: 4, maxLength: 30 })
  .filter(
    (text) =>
      isWellFormed(text) &&
      text.trim() === text &&
      text.length >= 4 &&
      /[^*\s]{4}/.test(text) &&
      !text.includes("\0"),
  );

/** What any program may make of a text on its way into a message. */
const forms: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  "percent-encoded": encode,
  "percent-encoded, small letters": (text) => encode(text).replaceAll(/%../g, (byte) => byte.toLowerCase()),
  "every byte percent-encoded": (text) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  "as JSON": (text) => JSON.stringify(text).slice(1, -1),
  "JSON in JSON": (text) => JSON.stringify(JSON.stringify(text)).slice(1, -1),
  "as ASCII JSON": (text) =>
    [...JSON.stringify(text).slice(1, -1)].map((one) => (one < "\u007f" ? one : unicode(one))).join(""),
  "as Go quotes": (text) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replaceAll(/\\u00([0-1][0-9a-f])/g, "\\x$1"),
};

/** A lone surrogate is no text: the environment cannot hold one. */
function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}

function encode(text: string): string {
  return encodeURIComponent(text);
}

function unicode(character: string): string {
  return Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
    .join("");
}

describe("secretsOf and redact", () => {
  it("let no password of an address through, whatever is in it and however it is written", () => {
    fc.assert(
      fc.property(password, fc.constantFrom(...Object.keys(forms)), (secret, form) => {
        const env = { RESTIC_REPOSITORY: `rest:https://user:${secret}@host:8000/repo` };
        const written = forms[form]?.(secret) ?? "";
        const known = secretsOf(env);
        for (const said of [`parse "${written}" failed`, `Head "https://user:${written}@host/": no`])
          assert.ok(!redact(said, known).includes(written), `${form}: ${redact(said, known)}`);
      }),
      { numRuns: 1_000 },
    );
  });

  it("let no named secret through either", () => {
    fc.assert(
      fc.property(password, fc.constantFrom(...Object.keys(forms)), (secret, form) => {
        const known = secretsOf({ RESTIC_PASSWORD: secret });
        const written = forms[form]?.(secret) ?? "";
        assert.ok(!redact(`<${written}>`, known).includes(written), form);
      }),
      { numRuns: 1_000 },
    );
  });

  it('hide all between "://" and the last "@" of a word, though nobody knows the password', () => {
    assert.equal(
      redact('Get "https://me:p/w@d/x@host/y": dial https://host/, then http://u:a#b@h', []),
      'Get "https://***@host/y": dial https://host/, then http://***@h',
    );
    assert.equal(redact('parse "http://user:pa#": invalid port ":pa" after host', []).match(/pa\b/), null);
    for (const harmless of ["http://127.0.0.1:3001/", "https://[::1]:8000: refused", "rest:http://host:80"])
      assert.equal(redact(harmless, []), harmless);
  });

  it("know what each setting hides", () => {
    const cases: [Record<string, string>, string][] = [
      [{ NTFY_URL: "user:pass/word@ntfy.example.com/topic" }, "pass/word"],
      [{ NTFY_URL: "https://ntfy.example.com/topic?auth=QmVhcmVy" }, "QmVhcmVy"],
      [{ HTTPS_PROXY: "http://user:pass@word@proxy:3128" }, "pass@word"],
      [{ https_proxy: "user:hushhush@proxy:3128" }, "hushhush"],
      [{ ALL_PROXY: "socks5://user:hush%40hush@proxy" }, "hush@hush"],
      [{ RESTIC_REPOSITORY: "rclone::s3,access_key_id=AKIA,secret_access_key=hushhush:b" }, "hushhush"],
      [{ RESTIC_REPOSITORY: `rclone::sftp,pass="hu,""sh",host=h:p` }, 'hu,"sh'],
      [{ RESTIC_REPOSITORY: "rest:https://a-token-of-its-own@host/" }, "a-token-of-its-own"],
      [{ RCLONE_CONFIG_X_KEY_PEM: "hushhush" }, "hushhush"],
      [{ RCLONE_CONFIG_X_CONNECTION_STRING: "AccountKey=hushhush" }, "AccountKey=hushhush"],
      [{ RCLONE_CONFIG_X_SAS_URL: "https://h/?sig=hushhush" }, "https://h/?sig=hushhush"],
      [{ RESTIC_REST_PASSWORD: "hushhush" }, "hushhush"],
      [{ REPLICATOR_RESTIC_ENV: "OP_SESSION_my", OP_SESSION_my: "hushhush" }, "hushhush"],
    ];
    for (const [env, secret] of cases) assert.ok(secretsOf(env).includes(secret), JSON.stringify(env));
    const harmless = {
      RESTIC_REPOSITORY: "sftp:user@host:/srv/repo",
      REPLICATOR_RESTIC_ENV: "VAULT_SKIP_VERIFY,HOME",
      VAULT_SKIP_VERIFY: "true",
      HOME: "/root",
      NO_PROXY: "host,other",
    };
    assert.deepEqual(secretsOf(harmless), []);
  });

  it("take no time for any text", () => {
    const secrets = secretsOf({
      A_TOKEN: `${"\\".repeat(60)}"${"\\".repeat(60)}x`,
      B_TOKEN: "a".repeat(200),
    });
    const start = performance.now();
    redact("\\".repeat(20_000), secrets);
    redact("a".repeat(100_000), secrets);
    redact("x://".repeat(50_000), secrets);
    redact(`://${"a:".repeat(50_000)}`, secrets);
    assert.ok(performance.now() - start < 20_000, "generous: without care this takes years");
  });
});

describe("what a real restic says of an address with a password", () => {
  for (const [secret, end] of [
    ["qz/ssw0rd", ""],
    ["pw/x", ""],
    ["12/ssw0rd", ""],
    ["p@sswordA/ssw0rd", ""],
    ['p"q\\x y%', ""],
    ["geheim!#x", ""],
    ["pw#x", ""],
    ["pässword", "b"],
    ["p:ss?word", ""],
  ] as const)
    it(`holds nothing of ${secret}`, () => {
      const env = {
        RESTIC_REPOSITORY: `rest:http://user:${secret}@127.0.0.1:9/${end}`,
        RESTIC_PASSWORD: "hushhush",
      };
      const { stdout, stderr } = spawnSync("restic", ["snapshots", "--no-lock", "--no-cache"], {
        env: { PATH: process.env.PATH, ...env },
        encoding: "utf8",
        timeout: 2_000,
        killSignal: "SIGINT",
      });
      const said = redact(stdout + stderr, secretsOf(env));
      assert.notEqual(stdout + stderr, "");
      for (const part of secret.split(/[/@#?: ]/).filter((one) => one.length > 1 && !/^\d+$/.test(one)))
        assert.ok(!said.includes(part), said);
    });
});
