import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadConfig } from "../../src/config/index.ts";
import { combineListeners, type Listener } from "../../src/events/index.ts";
import { createObserver } from "../../src/observed/index.ts";
import { openWebServer } from "../../src/web/index.ts";
import { samples } from "../events/samples.ts";
import { morning } from "../observed/story.ts";
import { type Browser, findBrowser, openBrowser } from "../support/browser.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";
import { noSnapshots } from "./no-snapshots.ts";

const program = findBrowser();
const skip = program === undefined && "no Chromium here; on Debian: apt-get install chromium";

const LONG =
  "anameofonehundredcharacterswithoutanyplacetobreakitanameofonehundredcharacterswithoutanyplacetobrea";

/** Sizes of a small phone, a usual one, and a desktop. */
const WIDTHS = [320, 390, 1_200];

describe("the page in a real browser", { skip, timeout: 600_000 }, () => {
  const shutdown = new AbortController();
  let browser: Browser;
  let listener: Listener;
  let url: string;

  before(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}/`;
    const env = { REPLICATOR_HTTP: `127.0.0.1:${port}`, REPLICATOR_INSTANCE_NAME: LONG };
    const loaded = loadConfig({ RESTIC_REPOSITORY: "/r", RESTIC_PASSWORD: "hush-hush", ...env }, "/nowhere");
    assert.ok(loaded.ok);
    const observer = createObserver(loaded.config);
    const web = await openWebServer(loaded.config, observer, noSnapshots);
    listener = combineListeners([observer.listener, web.listener]);
    web.start(shutdown.signal, () => assert.fail("it must be able to listen"));
    for (const [, ...events] of morning) for (const event of events) listener(event);
    browser = await openBrowser(program ?? "");
    for (const domain of ["Page", "Network", "Log", "Runtime"]) await browser.send(`${domain}.enable`);
  });

  after(async () => {
    shutdown.abort();
    await browser?.close();
  });

  async function evaluate<T>(expression: string): Promise<T> {
    const { result } = await browser.send<{ result: { value: T } }>("Runtime.evaluate", {
      expression,
      returnByValue: true,
    });
    return result.value;
  }

  async function open(width: number, scheme: "light" | "dark" = "light"): Promise<void> {
    const size = { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 };
    await browser.send("Emulation.setDeviceMetricsOverride", size);
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await browser.send("Emulation.setEmulatedMedia", { features });
    await browser.send("Page.navigate", { url });
    const isLoaded = async () => (await evaluate<boolean>(LOADED)) || undefined;
    await waitFor("the page", isLoaded, { every: 50 });
  }
  const LOADED = `document.readyState === "complete" && document.querySelector("footer") !== null`;

  /** For people to look at: SCREENSHOTS names a folder. */
  async function keepPicture(name: string): Promise<void> {
    const folder = process.env.SCREENSHOTS;
    if (folder === undefined) return;
    const { data } = await browser.send<{ data: string }>("Page.captureScreenshot", {
      captureBeyondViewport: true,
    });
    writeFileSync(join(folder, `${name}.png`), Buffer.from(data, "base64"));
  }

  it("fits a phone and a desktop, also with a long name and a long error", async () => {
    const problem = { code: "x", message: `It is ${LONG}.`, advice: `Mend ${LONG}.` };
    listener({ type: "cycle-failed", problem, repeated: 0 });
    for (const width of WIDTHS) {
      await open(width);
      await keepPicture(`page-${width}`);
      const content = await evaluate<number>("document.documentElement.scrollWidth");
      assert.ok(content <= width, `${content} pixels on a screen of ${width}`);
      const isOut = `[...document.querySelectorAll("svg circle, svg rect, svg text")].filter((mark) => {
        const { left, right } = mark.getBoundingClientRect();
        return left < 0 || right > innerWidth;
      }).length`;
      assert.equal(await evaluate<number>(isOut), 0, `marks beside a screen of ${width}`);
    }
  });

  it("has its style, in the light and in the dark", async () => {
    const ground = "getComputedStyle(document.body).backgroundColor";
    await open(390, "light");
    assert.equal(await evaluate<string>(ground), "rgb(246, 247, 249)");
    await open(390, "dark");
    await keepPicture("page-dark");
    assert.equal(await evaluate<string>(ground), "rgb(17, 21, 27)");
  });

  it("can be read: every text stands out from its ground by 4.5 to 1 or more", async () => {
    for (const scheme of ["light", "dark"] as const) {
      await open(1_200, scheme);
      assert.deepEqual(await evaluate<string[]>(FAINT_TEXTS), [], scheme);
    }
  });

  it("asks for nothing from elsewhere, and breaks no rule of its own", async () => {
    listener({
      ...samples.warning,
      message: `<img src="http://192.0.2.1/x"><script>document.title = "owned"</script>`,
    });
    await open(1_200);
    assert.notEqual(await evaluate<string>("document.title"), "owned");
    assert.match(await evaluate<string>("document.body.innerText"), /<img src="http:\/\/192\.0\.2\.1\/x">/);
    const requests = browser.seen<{ request: { url: string } }>("Network.requestWillBeSent");
    assert.ok(requests.length > 0);
    const elsewhere = requests.filter(({ request }) => !request.url.startsWith(url));
    assert.deepEqual(elsewhere, []);
    const entries = browser
      .seen<{ entry: { text: string } }>("Log.entryAdded")
      .map(({ entry }) => entry.text);
    assert.deepEqual(entries, []);
  });

  it("brings only what changed up to date, and shows the reader's clock", async () => {
    await browser.send("Emulation.setTimezoneOverride", { timezoneId: "Asia/Tokyo" });
    await open(1_200);
    assert.equal(await evaluate<string>(`document.querySelector(".zone").textContent`), "Asia/Tokyo");
    const marked = `document.querySelector("[data-part=agreement] h2").dataset.kept = "yes"`;
    await evaluate(marked);
    listener({ ...samples.warning, message: "A new line." });
    await evaluate("refresh()");
    const hasCome = () => evaluate<boolean>(`document.body.innerText.includes("A new line.")`);
    await waitFor("the new line", async () => (await hasCome()) || undefined, { every: 50 });
    assert.equal(
      await evaluate<string>(`document.querySelector("link[rel=icon]").getAttribute("href")`),
      "favicon.svg",
    );
    assert.equal(await evaluate<number>(`document.querySelectorAll("main > [data-part=events]").length`), 1);
  });
});

/** Contrast by https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio, for elements that hold text themselves. */
const FAINT_TEXTS = `(() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => parts(color).slice(0, 3)
    .map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (parts(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [];
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.closest("title")) continue;
    const { color, fill } = getComputedStyle(element);
    const ink = element.closest("svg") ? fill : color;
    const [a, b] = [luminance(ink), luminance(groundOf(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) faint.push(element.textContent.slice(0, 40) + ": " + ratio.toFixed(2));
  }
  return faint;
})()`;
