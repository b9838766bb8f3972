import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { query, readReplicated } from "../support/rows.ts";
import { writeIcon } from "../support/source-data.ts";
import { openBase } from "./base.ts";
import { type Change, changes } from "./changes.ts";
import { type LiveKuma, value } from "./live-kuma.ts";
import { observe, openPage } from "./observe.ts";
import { whyNotCompared } from "./releases.ts";
import { openTargets, type Targets } from "./targets.ts";

/**
 * A restart takes its time: by default one follows so many changes, and what is different after it was not taken up
 * live. With LIVE_EACH=1 one follows each change.
 */
const CHANGES_PER_RESTART = process.env.LIVE_EACH === undefined ? 6 : 1;

const skip = await whyNotCompared();

test("what is applied under a running Kuma is as after a restart", { skip }, async (t) => {
  const targets = await openTargets();
  t.after(targets.close);
  const { kuma, close } = await openBase(targets);
  t.after(close);
  const all = changes(targets.port, targets.proxies);
  for (let at = 0; at < all.length; at += CHANGES_PER_RESTART) {
    const some = all.slice(at, at + CHANGES_PER_RESTART);
    await t.test(some.map(({ name }) => name).join("; "), () => compare(kuma, targets, some));
  }
});

async function compare(kuma: LiveKuma, targets: Targets, some: readonly Change[]): Promise<void> {
  const page = await openPage(kuma.url);
  for (const each of some) await applyOne(kuma, each);
  const live = await look();
  assert.ok(page.isOpen(), "the page stays open");
  assert.deepEqual(settled(page.lists), settled(live.shown.lists), "the page that was open");
  page.close();
  await kuma.restart();
  const restarted = await look();
  assert.deepEqual(live.hits, restarted.hits);
  assert.deepEqual(live.rung, restarted.rung);
  assert.deepEqual(live.shown.metrics, restarted.shown.metrics);
  assert.deepEqual(live.shown.icon, restarted.shown.icon);
  assert.deepEqual(live.shown.statusPages, restarted.shown.statusPages);
  assert.deepEqual(live.shown.entryPages, restarted.shown.entryPages);
  assert.deepEqual(live.shown.lists, restarted.shown.lists);

  /** Where something rings differently after the changes. */
  async function ring(): Promise<string[]> {
    const rung: string[] = [];
    for (const path of new Set(some.map(({ rings }) => rings)))
      if (path !== undefined) rung.push(...(await targets.ringsOf(path)));
    return rung;
  }

  async function look() {
    const pages = query(join(kuma.dataDir, "kuma.db"), "SELECT slug FROM status_page");
    const domains = query(join(kuma.dataDir, "kuma.db"), "SELECT domain FROM status_page_cname");
    const hits = await targets.hits();
    const rung = await ring();
    const shown = await observe(
      kuma.url,
      pages.map(({ slug }) => String(slug)),
      ["status.example", "moved.example", ...domains.map(({ domain }) => String(domain))],
    );
    return { hits, rung, shown: { ...shown, lists: settled(shown.lists) } };
  }
}

async function applyOne(kuma: LiveKuma, { name, sql, icon, stops = [] }: Change): Promise<void> {
  if (icon !== undefined) writeIcon(kuma.sourceDir, icon);
  kuma.edit(...sql);
  const { memory } = await kuma.apply();
  assert.deepEqual([...memory.monitors].sort(), [...stops].sort(), `${name}: what is stopped`);
  const [here, there] = [kuma.dataDir, kuma.sourceDir].map((dir) => readReplicated(join(dir, "kuma.db")));
  assert.deepEqual(here, there, `${name}: the database`);
  const icons = [kuma.dataDir, kuma.sourceDir].map((dir) => readFileSync(join(dir, "upload/logo1.png")));
  assert.deepEqual(icons[0], icons[1], `${name}: the icon`);
  const state = value(await kuma.channel.ask("state", { monitors: stops }));
  assert.equal(state.errors, 0, `${name}: unhandled errors`);
  for (const { row, isRunning, differing } of state.monitors)
    assert.deepEqual({ isRunning, differing }, { isRunning: row === "active", differing: [] }, name);
}

/** Without what is of the moment: when a window is on, and when a page was sent. */
function settled(lists: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(lists, (key, part) => (key === "timeslotList" ? undefined : part)));
}
