import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatDuration } from "../../src/format.ts";
import { html } from "../../src/web/html.ts";
import { renderPage } from "../../src/web/page.ts";
import { script } from "../../src/web/script.ts";
import { samples } from "../events/samples.ts";
import { live, MINUTE, morning, START, snapshot } from "../observed/story.ts";
import { fleet } from "./fleet-sample.ts";

const now = START + 163 * MINUTE;
const open = { secrets: [] };

describe("html", () => {
  it("escapes all that is put into it, once", () => {
    const nasty = `<script>alert("1 & '2'")</script>`;
    const inner = html`<b title="${nasty}">${nasty}</b>`;
    assert.equal(
      html`${inner}${[inner]}`.markup,
      '<b title="&lt;script&gt;alert(&quot;1 &amp; &#39;2&#39;&quot;)&lt;/script&gt;">&lt;script&gt;alert(&quot;1 &amp; &#39;2&#39;&quot;)&lt;/script&gt;</b>'.repeat(
        2,
      ),
    );
    assert.equal(html`a${undefined}b${0}`.markup, "ab0");
  });

  it("lets no text end its element or attribute, nor turn the direction", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("<", ">", '"', "'", "&", "\u202e", "\n", "a", "$", "`") }),
        (text) => {
          const { markup } = html`${text}`;
          assert.doesNotMatch(markup, /[<>"'\u202e\n]|&(?!amp;|lt;|gt;|quot;|#39;)/);
        },
      ),
    );
  });
});

describe("formatDuration", () => {
  it("says lengths as people do", () => {
    const lengths = [
      0, 59_400, 60_000, 3_540_000, 3_600_000, 7_500_000, 86_400_000, 90_000_000, 864_000_000, -5,
    ];
    assert.deepEqual(lengths.map(formatDuration), [
      "0 s",
      "59 s",
      "1 min",
      "59 min",
      "1 h",
      "2 h 5 min",
      "1 day",
      "1 day 1 h",
      "10 days",
      "0 s",
    ]);
  });
});

describe("renderPage", () => {
  it("counts what is this instance's own, once there is any", () => {
    assert.doesNotMatch(renderPage(live(morning), open, now), /Its own/);
    const page = renderPage(live([...morning, [161, samples["own-counted"]]]), open, now);
    assert.match(
      page,
      /<dt>Its own<\/dt><dd>entries that are here alone \(monitors: 2, others: 1\); 1 of proxies, Docker hosts/,
    );
  });

  const page = renderPage(live(morning), open, now);

  it("says who it is, whether it agrees, what changed, and what was wrong", () => {
    for (const text of [
      "<h1>nyc</h1>",
      "replica",
      "Uptime Kuma 2.5.3",
      "In agreement",
      "3 monitors changed",
      "2 monitors added",
      "monitoring paused for 5.1 s",
      "The repository does not answer.",
      "Check the network and RESTIC_REPOSITORY.",
      "Last error, solved",
    ])
      assert.ok(page.includes(text), text);
  });

  it("names what changed where that is known, without secrets", () => {
    const named = { first: ['monitor "Shop <1>" renamed to "hush-hush"'], more: 0 };
    const many = { first: ['tag "a" added', 'tag "b" added'], more: 3 };
    const page = renderPage(
      live(
        [
          [164, { ...samples.published, named }],
          [165, { ...samples.applied, named: many }],
        ],
        live(morning),
      ),
      { secrets: ["hush-hush"] },
      now + 5 * MINUTE,
    );
    assert.match(
      page,
      /<li class="changed">monitor &quot;Shop &lt;1&gt;&quot; renamed to &quot;\*\*\*&quot;<\/li>/,
    );
    assert.match(page, /2 monitors added.*Among them tag &quot;a&quot; added, tag &quot;b&quot; added\./);
  });

  it("draws each snapshot, each apply, the way between them, and the time behind", () => {
    const count = (pattern: RegExp) => page.match(pattern)?.length;
    assert.equal(count(/<circle class="snapshot"/g), 2);
    assert.equal(count(/<circle class="applied"/g), 3);
    assert.equal(count(/<line class="way"/g), 2);
    assert.equal(count(/<rect class="behind"/g), 2);
    // The start and two applies are planned, a crash is not.
    assert.equal(count(/<rect class="paused"/g), 3);
    assert.equal(count(/<rect class="down"/g), 1);
    assert.doesNotMatch(page, /NaN|undefined|Infinity/);
  });

  it("shows the time since the start, a day at most, and nothing grey before it", () => {
    const viewAt = (minute: number, history = live(morning)) =>
      /aria-label="The last ([^:]*):/.exec(renderPage(history, open, START + minute * MINUTE))?.[1];
    assert.equal(viewAt(0.5, live([])), "1 min");
    assert.equal(viewAt(180, live([])), "3 h");
    assert.equal(viewAt(180), "3 h", "also where a snapshot was there before");
    assert.equal(viewAt(3 * 24 * 60), "1 day");
    const recent = live([[3 * 24 * 60 - 5, samples.published]], live(morning));
    assert.equal(viewAt(3 * 24 * 60, recent), "1 day");
  });

  it("leads to Uptime Kuma's page where that is known", () => {
    const withLink = renderPage(live(morning), { ...open, kumaPage: "https://status.example/" }, now);
    assert.match(withLink, /<a href="https:\/\/status\.example\/">Open Uptime Kuma<\/a>/);
    assert.doesNotMatch(page, /Open Uptime Kuma/);
  });

  it("holds each time for the reader's clock to show, and is whole without a script", () => {
    assert.match(page, /<text class="tick" data-times="\d{13}"/);
    assert.match(page, /<title data-times="\d{13} \d{13}">/);
    assert.match(page, /<noscript><meta http-equiv="refresh" content="20"><\/noscript>/);
  });

  it("needs nothing from outside, one script of ours, and no style in attributes", () => {
    assert.equal(page.split("<script").length, 2);
    const ours = page.replaceAll('xmlns="http://www.w3.org/2000/svg"', "").replace(script, "");
    assert.doesNotMatch(
      ours,
      /<img|https?:\/\/|\sstyle=|\son\w+=|<link (?!rel="icon" type="image\/svg\+xml" href="favicon.svg">)/,
    );
  });

  it("escapes what others have named, and shows no secret", () => {
    const evil = `<img src=x onerror="alert('1')"> hush-hush`;
    const problem = { code: "x", message: evil, advice: evil };
    const history = live(
      [
        [164, { ...samples.applied, snapshot: { ...snapshot("d"), instanceName: evil }, notes: [evil] }],
        [164, { type: "warning", message: evil }],
        [165, { ...samples["rolled-back"], problem }, { ...samples["cycle-failed"], problem }],
      ],
      { ...live(morning), instanceName: evil },
    );
    const page = renderPage(history, { secrets: ["hush-hush"] }, now + 5 * MINUTE);
    assert.doesNotMatch(page, /<img|hush/);
    assert.match(page, /&lt;img src=x onerror=&quot;alert\(&#39;1&#39;\)&quot;&gt; \*\*\*/);
  });

  it("can be drawn at any moment of any history", () => {
    const beats = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 3 * 24 * 60 }), fc.constantFrom(...Object.values(samples))),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(beats, fc.nat(1_000), (steps, wait) => {
        const sorted = steps.sort(([a], [b]) => a - b);
        const end = (sorted.at(-1)?.[0] ?? 0) + wait;
        const page = renderPage(live(sorted), open, START + end * MINUTE);
        assert.doesNotMatch(page, /NaN|undefined|Infinity|="-/);
        for (const [, percent] of page.matchAll(/[xc]\w?="([\d.]+)%"/g))
          assert.ok(Number(percent) >= 0 && Number(percent) <= 100, percent);
      }),
    );
  });
});

describe("all instances on the page", () => {
  const section = (html: string) => /<section data-part="fleet".*?<\/section>/s.exec(html)?.[0];

  it("are a line each: what runs there, how it stands, what is down there alone, when it was heard", () => {
    const shown = section(renderPage(live(morning), { ...open, fleet }, now)) ?? "";
    const lines = [...shown.matchAll(/<tr class="(\w+)">(.*?)<\/tr>/gs)].map(
      ([, mood, line = ""]) =>
        `${mood}: ${line
          .replaceAll(/<[^>]*>/g, " ")
          .replaceAll(/\s+/g, " ")
          .trim()}`,
    );
    assert.deepEqual(lines, [
      "heard: nyc this one replica dddddddd none ready 2.5.3",
      "heard: fra primary dddddddd none ready 2.5.3 8 s ago",
      "heard: sgp replica dddddddd none ready 2.5.3 Shop, Mail 8 s ago",
      "silent: syd replica cccccccc 12 min ready 2.5.3 12 min ago",
    ]);
    assert.match(shown, /cannot be reached \(connect ETIMEDOUT\)/);
  });

  it("have below them what is not told yet, and why", () => {
    const shop = { monitor: 2, name: "hush", kind: "down", for: 4 * MINUTE, why: "it is <b>up</b>" } as const;
    const parts = { secrets: ["hush"], fleet: { ...fleet, alerts: { withheld: [shop], asks: true } } };
    const shown = section(renderPage(live(morning), parts, now)) ?? "";
    assert.match(shown, /Not told yet: \*\*\* is down, for 4 min: it is &lt;b&gt;up&lt;\/b&gt;\./);
  });

  it("are not there without REPLICATOR_PEERS", () => {
    assert.equal(section(renderPage(live(morning), open, now)), undefined);
  });

  it("cannot put markup or a secret onto it, and not more names than a line takes", () => {
    const [first, ...rest] = fleet.members;
    assert.ok(first);
    const names = ["<b>bold</b>", "hush-hush", "c", "d", "e"];
    const nasty = { ...first, name: '<script>x</script>"', head: "<i>", onlyDownHere: names };
    const parts = { secrets: ["hush-hush"], fleet: { ...fleet, members: [nasty, ...rest] } };
    const shown = section(renderPage(live(morning), parts, now)) ?? "";
    assert.doesNotMatch(shown, /<script>|<b>|<i>|hush/);
    assert.match(shown, /&lt;b&gt;bold&lt;\/b&gt;, \*\*\*, c and 2 more/);
  });
});
