import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { openAlertsFile } from "../../src/alerts/file.ts";
import type { Kept } from "../../src/alerts/index.ts";
import { steadyNow } from "../../src/clock.ts";

describe("alerts.json", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "alerts-file-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const keptAt = (now: number): Kept => ({
    clock: 7,
    told: [{ monitor: 2, key: "k", notification: "n", state: "down", number: 5, by: "a", at: now - 60_000 }],
    withheld: [
      {
        ...{ monitor: 2, key: "k", name: "Shop", kind: "down", notifications: ["n", "m"], settles: 60_000 },
        ...{ outageAt: now - 90_000, wantedAt: now - 30_000, failures: 1 },
      },
    ],
    outages: [{ monitor: 2, key: "k", since: now - 90_000 }],
  });
  const save = (kept: Kept) =>
    new Promise<boolean>((resolve) => openAlertsFile(folder).save(() => kept, resolve));
  /** Within a second: clocks are rounded, and a machine may be busy between two looks at them. */
  const inSeconds = (kept: Kept, now: number) =>
    JSON.parse(JSON.stringify(kept), (name, value) =>
      ["at", "outageAt", "wantedAt", "since"].includes(name) ? Math.round((value - now) / 10_000) : value,
    );

  it("is read as it was written, for its owner alone", async () => {
    const now = steadyNow();
    assert.ok(await save(keptAt(now)));
    assert.equal(statSync(join(folder, "alerts.json")).mode & 0o777, 0o600);
    const { kept, warning } = openAlertsFile(folder);
    assert.equal(warning, undefined);
    assert.deepEqual(inSeconds(kept, now), inSeconds(keptAt(now), now));
  });

  it("says nothing of the future, however the machine's clock was set", async () => {
    const now = steadyNow();
    await save(keptAt(now + 3_600_000));
    const { kept } = openAlertsFile(folder);
    assert.ok((kept.withheld[0]?.wantedAt ?? 0) <= steadyNow());
    assert.ok((kept.told[0]?.at ?? 0) <= steadyNow());
  });

  it("is begun anew, with a sentence, when it cannot be read; and without one when there is none", async () => {
    assert.equal(openAlertsFile(folder).warning, undefined);
    writeFileSync(join(folder, "alerts.json"), '{"version":2}');
    const { kept, warning } = openAlertsFile(folder);
    assert.deepEqual(kept, { clock: 0, told: [], withheld: [], outages: [] });
    assert.match(
      warning ?? "",
      /alerts\.json cannot be read \(it is not of this form\), so an alert .* may be lost/,
    );
  });

  it("tells whoever asked whether it is on the disk, and writes once what is asked for at the same time", async () => {
    const file = openAlertsFile(folder);
    let asked = 0;
    const keep = () => {
      asked += 1;
      return keptAt(steadyNow());
    };
    const all = [1, 2, 3, 4].map(() => new Promise<boolean>((resolve) => file.save(keep, resolve)));
    assert.deepEqual(await Promise.all(all), [true, true, true, true]);
    assert.equal(asked, 2);
    assert.ok(readFileSync(join(folder, "alerts.json"), "utf8").includes('"clock":7'));
    rmSync(folder, { recursive: true });
    assert.equal(await new Promise((resolve) => file.save(keep, resolve)), false);
  });
});
