import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadConfig } from "../../src/config/index.ts";
import { parseNtfyUrl } from "../../src/config/ntfy-url.ts";

const basic = (user: string) => `Basic ${Buffer.from(user).toString("base64")}`;

function parse(text: string) {
  const parsed = parseNtfyUrl(text);
  assert.ok(!("wrong" in parsed), `${text}: ${JSON.stringify(parsed)}`);
  return parsed;
}

describe("parseNtfyUrl", () => {
  it("takes an address with or without a scheme apart", () => {
    const none = { authorization: undefined };
    const cases = {
      "ntfy.sh/kuma": { server: "https://ntfy.sh", topic: "kuma", ...none },
      "http://10.0.0.1:8080/my_topic/": { server: "http://10.0.0.1:8080", topic: "my_topic", ...none },
      "https://example.com/ntfy/t-1": { server: "https://example.com/ntfy", topic: "t-1", ...none },
      "https://me:p%40ss@example.com/t": {
        server: "https://example.com",
        topic: "t",
        authorization: basic("me:p@ss"),
      },
    };
    for (const [text, target] of Object.entries(cases)) assert.deepEqual(parse(text).target, target, text);
  });

  it("is http without a scheme where curl's own http was right: on a private network", () => {
    const servers = {
      "10.0.0.5:8080/kuma": "http://10.0.0.5:8080",
      "192.168.1.2/kuma": "http://192.168.1.2",
      "172.16.0.9/kuma": "http://172.16.0.9",
      "100.64.1.1/kuma": "http://100.64.1.1",
      "localhost:8080/kuma": "http://localhost:8080",
      "[fd00::1]:80/kuma": "http://[fd00::1]",
      "[::1]:2586/kuma": "http://[::1]:2586",
      "ntfy:2586/kuma": "http://ntfy:2586",
      "ntfy.lan/kuma": "http://ntfy.lan",
      "10.0.0.5:443/kuma": "https://10.0.0.5",
      "https://10.0.0.5/kuma": "https://10.0.0.5",
      "11.0.0.5/kuma": "https://11.0.0.5",
      "172.32.0.9/kuma": "https://172.32.0.9",
      "[2001:db8::1]/kuma": "https://[2001:db8::1]",
      "ntfy.example.com:8080/kuma": "https://ntfy.example.com:8080",
    };
    for (const [text, server] of Object.entries(servers))
      assert.deepEqual(parse(text).target, { server, topic: "kuma", authorization: undefined }, text);
  });

  it("honours what is in the query: ntfy's own authorization, and the rest as it is", () => {
    const auth = Buffer.from(basic("me:s3cr3t")).toString("base64url");
    const { target, ignored, secrets } = parse(
      `https://ntfy.sh/t?auth=${auth}&email=me%40x.org&priority=5&title=x`,
    );
    assert.deepEqual(target, {
      server: "https://ntfy.sh",
      topic: "t",
      authorization: basic("me:s3cr3t"),
      query: "email=me%40x.org",
    });
    assert.deepEqual(ignored, ["?priority=", "?title="]);
    assert.ok(secrets.includes(auth) && secrets.includes("s3cr3t"));
    // What is no authorization is not ours to judge.
    assert.deepEqual(parse("https://ntfy.sh/t?auth=x").target, {
      server: "https://ntfy.sh",
      topic: "t",
      authorization: undefined,
      query: "auth=x",
    });
  });

  it("honours curl's options around the address, as the bash version handed them to curl", () => {
    const server = "https://ntfy.sh";
    const cases: [string, object, string[]?][] = [
      ["-u me:pw https://ntfy.sh/t", { authorization: basic("me:pw") }],
      ["https://ntfy.sh/t -ume:pw", { authorization: basic("me:pw") }],
      ["--user me:pw ntfy.sh/t", { authorization: basic("me:pw") }],
      ["-H Authorization:Bearer tk_secret ntfy.sh/t", {}, ["-H Authorization"]],
      ['-H "Authorization: Bearer tk_1" ntfy.sh/t', { authorization: "Bearer tk_1" }],
      ["--oauth2-bearer tk_1 ntfy.sh/t", { authorization: "Bearer tk_1" }],
      ["-sS --retry 3 -m 10 -o /dev/null ntfy.sh/t", { authorization: undefined }],
      ["-H X-Icon:i -H Email:me@x.org ntfy.sh/t", { headers: { "X-Icon": "i", Email: "me@x.org" } }],
      ["-H Priority:5 -H X-Tags:eyes ntfy.sh/t", {}, ["-H Priority", "-H X-Tags"]],
      ["-H tk_secret ntfy.sh/t", {}, ["-H"]],
      ["-k --cacert /ca.pem -x proxy:3128 https://ntfy.sh/t", {}, ["-k", "--cacert", "-x"]],
      ["-sk --unheard-of word https://ntfy.sh/t", {}, ["-k", "--unheard-of"]],
    ];
    for (const [text, more, ignored = []] of cases) {
      const parsed = parse(text);
      assert.deepEqual(parsed.target, { server, topic: "t", authorization: undefined, ...more }, text);
      assert.deepEqual(parsed.ignored, ignored, text);
    }
  });

  it("takes an address that ends in no topic for a webhook", () => {
    for (const [text, url] of [
      ["https://example.com/hooks/notify.php", "https://example.com/hooks/notify.php"],
      ["example.com/a%20b?key=hush-hush", "https://example.com/a%20b"],
    ] as const) {
      const { target, secrets } = parse(text);
      assert.equal("url" in target && target.url, url);
      assert.equal(secrets.includes("hush-hush"), text.includes("hush"));
    }
  });

  it("says what is wrong", () => {
    const cases = {
      "ntfy.sh": /no topic/,
      "https://ntfy.sh/": /no topic/,
      "ftp://ntfy.sh/x": /neither http/,
      "https://:x:/": /not an address/,
      "-u me:pw": /not an address/,
      "-": /no topic|not an address/,
    };
    for (const [text, expected] of Object.entries(cases)) {
      const result = parseNtfyUrl(text);
      assert.match("wrong" in result ? result.wrong : "", expected, text);
    }
  });
});

describe("NTFY_URL of the bash version", () => {
  const enough = { RESTIC_REPOSITORY: "/r", RESTIC_PASSWORD: "correct horse" };

  for (const NTFY_URL of [
    "-H X-Icon:https://x/i.png -u me:hush-hush https://ntfy.sh/topic",
    "https://ntfy.sh/my.topic",
    "https://ntfy.sh/topic?auth=hush-hush",
    "-k -x http://u:hush-hush@proxy:1 https://ntfy.sh/topic",
    "ntfy.sh",
    "ftp://me:hush-hush@ntfy.sh/topic",
    'https://ntfy.sh/topic" -k hush-hush',
    "https://[hush-hush/topic",
  ])
    it(`starts Kuma, tells no secret: ${NTFY_URL}`, () => {
      const loaded = loadConfig({ ...enough, NTFY_URL }, "/nowhere");
      assert.ok(loaded.ok);
      const { config } = loaded;
      assert.doesNotMatch(config.warnings.join(), /hush/);
      const isTold = config.ntfy !== undefined || config.webhook !== undefined || config.warnings.length > 0;
      assert.ok(isTold, "sent, or told why not");
    });

  it("names what is not honoured, and sends the notice", () => {
    const loaded = loadConfig({ ...enough, NTFY_URL: "-k ntfy.sh/topic?priority=5" }, "/nowhere");
    assert.ok(loaded.ok);
    assert.equal(loaded.config.ntfy?.topic, "topic");
    assert.match(
      loaded.config.warnings.join(),
      /^NTFY_URL asks for -k, \?priority=, which is not honoured\. Notices are sent without it\./,
    );
  });
});
