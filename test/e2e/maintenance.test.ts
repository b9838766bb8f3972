import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ensureKuma } from "../support/install/kuma.ts";
import { type Instance, startInstance } from "../support/kuma/instance.ts";
import { connectKuma, type KumaClient } from "../support/kuma/kuma-api.ts";
import { freePort } from "../support/ports.ts";
import { query } from "../support/rows.ts";
import { waitFor } from "../support/wait.ts";

const HOUR = 60 * 60_000;

/** What a Kuma says of a window: when it is, whether it is on now. */
interface Window {
  readonly title: string;
  readonly status: unknown;
  readonly timezone: unknown;
  readonly timeslotList: unknown;
}

/** The clock on the wall of a zone, as Kuma's form sends it. */
function wallClock(time: number, zone: string): { date: string; hours: number; minutes: number } {
  const date = new Date(time).toLocaleString("sv-SE", { timeZone: zone }).slice(0, 16).replace(" ", "T");
  return { date, hours: Number(date.slice(11, 13)), minutes: Number(date.slice(14, 16)) };
}

/** One window of each strategy that is on now by the clock of the server's zone, and one in the summer. */
async function addWindows(kuma: KumaClient, zone: string): Promise<void> {
  const begin = wallClock(Date.now() - HOUR, zone);
  const end = wallClock(Date.now() + HOUR, zone);
  const timeRange = [begin, end].map(({ hours, minutes }) => ({ hours, minutes }));
  const dateRange = [begin.date, end.date];
  const cron = `${begin.minutes} ${begin.hours} * * *`;
  await kuma.addMaintenance({ title: "single", strategy: "single", dateRange }, []);
  await kuma.addMaintenance({ title: "cron", strategy: "cron", cron, durationMinutes: 120 }, []);
  await kuma.addMaintenance({ title: "summer", strategy: "cron", cron: "0 2 1 7 *" }, []);
  const weekdays = [0, 1, 2, 3, 4, 5, 6];
  await kuma.addMaintenance({ title: "weekday", strategy: "recurring-weekday", timeRange, weekdays }, []);
  const daysOfMonth = Array.from({ length: 31 }, (_, day) => day + 1);
  await kuma.addMaintenance({ title: "day", strategy: "recurring-day-of-month", timeRange, daysOfMonth }, []);
  const since = { dateRange: ["2026-01-01T00:00", null], intervalDay: 1 };
  await kuma.addMaintenance({ title: "interval", strategy: "recurring-interval", timeRange, ...since }, []);
}

/** As the Kuma lists them anew, sorted by title. */
async function windowsOf(url: string): Promise<Window[]> {
  const kuma = await connectKuma(url);
  try {
    return [...kuma.lists.maintenances.values()]
      .map(({ title, status, timezone, timeslotList }) => ({
        ...{ title, status, timezone },
        // The page's form of a time and the published one, which has seconds, are one time.
        timeslotList: JSON.parse(
          JSON.stringify(timeslotList).replace(/(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d)?"/g, '$1 $2"'),
        ),
      }))
      .sort((a, b) => a.title.localeCompare(b.title));
  } finally {
    kuma.close();
  }
}

for (const { name, env, setting, zone } of [
  { name: "TZ", env: { TZ: "Europe/Berlin" }, setting: undefined, zone: "Europe/Berlin" },
  { name: "the setting serverTimezone", env: {}, setting: "Asia/Tokyo", zone: "Asia/Tokyo" },
])
  describe(`maintenance "same as server", the zone by ${name}`, () => {
    it("is at the same instant on a replica in New York", async (t) => {
      const folder = mkdtempSync(join(tmpdir(), "maintenance-"));
      const kumaDir = await ensureKuma();
      const instances: Instance[] = [];
      t.after(async () => {
        await Promise.all(instances.map((instance) => instance.kill()));
        rmSync(folder, { recursive: true, force: true });
      });
      const start = async (mode: "BACKUP" | "RESTORE", more: Record<string, string>) => {
        const repository = join(folder, "repository");
        const common = { kumaDir, repository, password: "maintenance-password", interval: 5, env: more };
        const dataDir = join(folder, mode);
        const instance = await startInstance({
          ...common,
          mode,
          name: mode,
          dataDir,
          port: await freePort(),
        });
        instances.push(instance);
        await instance.waitReady();
        return instance;
      };

      const primary = await start("BACKUP", env);
      const onPrimary = await connectKuma(primary.url);
      if (setting !== undefined) await onPrimary.changeSettings({ serverTimezone: setting });
      await onPrimary.addMonitor({ type: "http", name: "any", url: "http://127.0.0.1:9" });
      await addWindows(onPrimary, zone);
      onPrimary.close();
      const windows = await windowsOf(primary.url);
      assert.deepEqual(
        windows.map(({ title, status, timezone }) => [title, status, timezone]),
        [
          ["cron", "under-maintenance", zone],
          ["day", "under-maintenance", zone],
          ["interval", "under-maintenance", zone],
          ["single", "under-maintenance", zone],
          ["summer", "scheduled", zone],
          ["weekday", "under-maintenance", zone],
        ],
      );

      const replica = await start("RESTORE", { TZ: "America/New_York" });
      const file = (mode: string) => join(folder, mode, "kuma.db");
      const count = () =>
        query(file("RESTORE"), "SELECT id FROM maintenance").length === windows.length || undefined;
      await waitFor("the windows on the replica", count);
      await replica.waitReady();
      assert.deepEqual(await windowsOf(replica.url), windows);

      const own = "SELECT DISTINCT timezone FROM maintenance";
      assert.deepEqual(query(file("BACKUP"), own), [{ timezone: "SAME_AS_SERVER" }]);
      assert.deepEqual(query(file("RESTORE"), own), [{ timezone: zone }]);
    });
  });
