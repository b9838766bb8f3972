/**
 * Makes the pictures of the page in docs/: `npm run screenshots`. Needs Chromium (on Debian: apt-get install chromium).
 * The page is of a made-up morning, so that two runs give the same.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EventOf } from "../../src/events/index.ts";
import { renderPage } from "../../src/web/page.ts";
import { samples } from "../events/samples.ts";
import { live, MINUTE, morning, START, snapshot } from "../observed/story.ts";
import { findBrowser, openBrowser } from "../support/browser.ts";
import { fleet, withholding } from "./fleet-sample.ts";

/** Pixels. */
const SCREENS = { desktop: { width: 1_000, height: 1_120 }, phone: { width: 390, height: 844 } } as const;

const applied: EventOf<"applied"> = {
  ...samples.applied,
  snapshot: snapshot("d"),
  changes: {
    monitor: { added: 0, removed: 0, changed: 2 },
    notification: { added: 0, removed: 0, changed: 1 },
  },
  named: {
    first: ['monitor "Shop" renamed to "Store"', 'monitor "Database" paused', 'notification "Ops" edited'],
    more: 0,
  },
  notes: [],
};
const state = live(
  [
    [162, { type: "repository-checked", latest: snapshot("d", 161), agrees: false }],
    [162.1, { type: "kuma-stopping", reason: "apply" }],
    [162.2, { type: "kuma-ready", afterMs: 2_000 }, applied],
  ],
  live(morning),
);

const folder = process.argv[2] ?? "docs/images";
const program = findBrowser();
if (program === undefined) throw new Error("There is no Chromium here; on Debian: apt-get install chromium.");
mkdirSync(folder, { recursive: true });
process.env.TZ = "UTC";
/** By the begin of the pictures' names: one instance, one that knows of others, and one that waits with a message. */
const pages = {
  page: renderPage(state, { secrets: [], kumaPage: "http://127.0.0.1:3001/" }, START + 163 * MINUTE),
  fleet: renderPage(state, { secrets: [], fleet }, START + 163 * MINUTE),
  withheld: renderPage(state, { secrets: [], fleet: withholding }, START + 163 * MINUTE),
};
const browser = await openBrowser(program);
try {
  await browser.send("Emulation.setTimezoneOverride", { timezoneId: "UTC" });
  for (const [name, page] of Object.entries(pages))
    for (const [screen, size] of Object.entries(SCREENS))
      for (const scheme of ["light", "dark"]) await take(`${name}-${screen}-${scheme}`, page, size, scheme);
} finally {
  await browser.close();
}

async function take(name: string, page: string, size: { width: number; height: number }, scheme: string) {
  const mobile = size.width < 500;
  const url = `data:text/html;charset=utf-8;base64,${Buffer.from(page).toString("base64")}`;
  await browser.send("Emulation.setDeviceMetricsOverride", { ...size, deviceScaleFactor: 1, mobile });
  const features = [{ name: "prefers-color-scheme", value: scheme }];
  await browser.send("Emulation.setEmulatedMedia", { features });
  await browser.send("Page.navigate", { url });
  await browser.send("Runtime.evaluate", { expression: isDrawn(), awaitPromise: true });
  const { data } = await browser.send<{ data: string }>("Page.captureScreenshot", { format: "png" });
  writeFileSync(join(folder, `${name}.png`), Buffer.from(data, "base64"));
}

/** Two frames after all is there: the new size and colours are drawn. */
function isDrawn(): string {
  return `new Promise((done) => {
    const look = () => document.querySelector("footer") && document.readyState === "complete"
      ? requestAnimationFrame(() => requestAnimationFrame(done)) : setTimeout(look, 50);
    look();
  }).then(() => true)`;
}
