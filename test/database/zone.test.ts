import assert from "node:assert/strict";
import { test } from "node:test";
import { contentHash, type Value } from "../../src/snapshot/index.ts";
import {
  dump,
  IDS,
  type Instance,
  makeInstance,
  query,
  sql,
  table,
  takeSnapshot,
  VERSIONS,
  value,
} from "./fixtures.ts";

const NEW_YORK = "America/New_York";

/** The zone of every maintenance window as it is published. */
function zones({ kuma }: Instance): Value[] {
  const { columns, rows } = table(value(kuma.read()), "maintenance");
  return rows.map((row) => row[columns.indexOf("timezone")] ?? null);
}

function setZone(instance: Instance, zone: string | null, cron = "0 2 * * *"): void {
  sql(
    instance,
    `UPDATE maintenance SET timezone = ${zone === null ? "NULL" : `'${zone}'`}, cron = '${cron}'`,
  );
}

for (const version of VERSIONS)
  test(`"same as server" is published as the primary's zone, and a replica elsewhere keeps it: ${version}`, (t) => {
    const primary = makeInstance(t, version, "Europe/Berlin");
    const replica = makeInstance(t, version, NEW_YORK);
    const before = dump(primary);
    const snapshot = takeSnapshot(primary);
    assert.ok(zones(primary).length > 5);
    assert.deepEqual(new Set(zones(primary)), new Set(["Europe/Berlin"]));
    assert.equal(value(primary.kuma.hash()), contentHash(snapshot.content));
    value(replica.kuma.apply(snapshot, IDS));
    assert.deepEqual(dump(primary), before, "the primary's own rows must stay");
    assert.deepEqual(query(replica, "SELECT DISTINCT timezone FROM maintenance"), [
      { timezone: "Europe/Berlin" },
    ]);
    assert.equal(value(replica.kuma.hash()), contentHash(snapshot.content));
    assert.ok(value(replica.kuma.plan(snapshot)).empty);
  });

for (const [name, tz, setting, zone] of [
  ["TZ first, as Kuma takes it at each start", NEW_YORK, '"Europe/Berlin"', NEW_YORK],
  ["the setting without TZ", undefined, '"Asia/Tokyo"', "Asia/Tokyo"],
  ["the setting when TZ is empty", "", '"Asia/Tokyo"', "Asia/Tokyo"],
  ["the setting when TZ names no zone", "Nowhere/City", '"Asia/Tokyo"', "Asia/Tokyo"],
  ["TZ when the setting is no JSON", NEW_YORK, "Europe/Berlin", NEW_YORK],
  [
    "the machine's when nothing names one",
    undefined,
    '"Nowhere/City"',
    Intl.DateTimeFormat().resolvedOptions().timeZone,
  ],
  [
    "the machine's when the setting is no text",
    undefined,
    "7",
    Intl.DateTimeFormat().resolvedOptions().timeZone,
  ],
] as const)
  test(`the server's zone is ${name}`, (t) => {
    const instance = makeInstance(t, "2.5.3", tz);
    sql(instance, `UPDATE setting SET value = '${setting}' WHERE key = 'serverTimezone'`);
    assert.deepEqual(new Set(zones(instance)), new Set([zone]));
  });

test("the machine's when there is no such setting", (t) => {
  const instance = makeInstance(t, "2.5.3");
  sql(instance, "DELETE FROM setting WHERE key = 'serverTimezone'");
  assert.deepEqual(new Set(zones(instance)), new Set([Intl.DateTimeFormat().resolvedOptions().timeZone]));
});

for (const [zone, cron, published] of [
  ["Asia/Tokyo", "0 2 * * *", "Asia/Tokyo"],
  ["UTC", "", "UTC"],
  [null, "0 2 * * *", NEW_YORK],
  ["", "0 2 * * *", NEW_YORK],
  // Kuma takes UTC for these (run in server/model/maintenance.js), everywhere.
  [null, "", null],
  ["", "", ""],
] as const)
  test(`the zone ${JSON.stringify(zone)} with the cron expression "${cron}" is published as ${published}`, (t) => {
    const instance = makeInstance(t, "2.5.3", NEW_YORK);
    setZone(instance, zone, cron);
    assert.deepEqual(new Set(zones(instance)), new Set([published]));
  });

test("a primary that applies its own snapshot keeps its rows, and need not stop", (t) => {
  const primary = makeInstance(t, "2.5.3", "Europe/Berlin");
  assert.ok(value(primary.kuma.plan(takeSnapshot(primary))).empty);
});

test("a primary whose zone changes has other content, and one that stays has not", (t) => {
  const [here, again, moved] = ["Europe/Berlin", "Europe/Berlin", NEW_YORK].map((tz) =>
    makeInstance(t, "2.5.3", tz),
  );
  assert.ok(here && again && moved);
  assert.equal(value(here.kuma.hash()), value(again.kuma.hash()));
  assert.notEqual(value(here.kuma.hash()), value(moved.kuma.hash()));
});

test("a replica that becomes the primary publishes the same content", (t) => {
  const primary = makeInstance(t, "2.5.3", "Europe/Berlin");
  const replica = makeInstance(t, "2.5.3", NEW_YORK);
  value(replica.kuma.apply(takeSnapshot(primary), IDS));
  assert.equal(contentHash(value(replica.kuma.read())), value(primary.kuma.hash()));
});
