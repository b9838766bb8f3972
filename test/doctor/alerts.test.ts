import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../src/config/index.ts";
import { checkAlerts } from "../../src/doctor/index.ts";
import type { Content } from "../../src/snapshot/index.ts";

const kuma = { command: ["npm", "run", "start"] } as unknown as Config["kuma"];
const peers = (alert: "once" | "quorum") => ({ alert }) as NonNullable<Config["peers"]>;
const member = (name: string, alert = "once", isHeard = true) => ({ name, alert, isHeard });
const well = {
  isPatched: true,
  fleet: { members: [member("fra"), member("nyc")], asks: true },
  content: undefined,
};

/** Interval, retry interval and retries of monitors that are active. */
function contentOf(...monitors: readonly (readonly [bigint, bigint, bigint])[]): Content {
  const columns = ["active", "interval", "maxretries", "name", "retry_interval", "type"];
  const rows = monitors.map(([interval, retryInterval, retries], index) => [
    ...[1n, interval, retries, `m${index}`, retryInterval, "http"],
  ]);
  return { tables: [{ name: "monitor", columns, rows }], files: [] };
}

test("nothing is said without other instances, and that all is well with them", () => {
  assert.deepEqual(checkAlerts({ peers: undefined, kuma }, well), []);
  const [found] = checkAlerts({ peers: peers("once"), kuma }, well);
  assert.deepEqual([found?.status, found?.message], ["ok", "REPLICATOR_ALERT is once, other instances: 1."]);
});

test("what keeps messages from being asked for is named: no patch, no channel, nobody to ask, another mode", () => {
  const cases = [
    [{ ...well, isPatched: false }, /not patched/],
    [{ ...well, fleet: { ...well.fleet, asks: false } }, /no channel/],
    [{ ...well, fleet: { ...well.fleet, members: [member("fra")] } }, /No other instance is heard/],
    [
      { ...well, fleet: { ...well.fleet, members: [member("fra"), member("nyc", "once", false)] } },
      /No other/,
    ],
    [{ ...well, fleet: { ...well.fleet, members: [member("fra"), member("nyc", "each")] } }, /each at nyc/],
  ] as const;
  for (const [seen, words] of cases) {
    const found = checkAlerts({ peers: peers("once"), kuma }, seen);
    assert.deepEqual(
      found.map(({ status }) => status),
      ["warn"],
    );
    assert.match(String(found[0]?.message), words);
  }
  assert.equal(checkAlerts({ peers: peers("once"), kuma }, { ...well, fleet: undefined })[0]?.status, "ok");
});

test("a quorum is warned of monitors whose retries are over before all have looked", () => {
  const fleet = { ...well.fleet, members: [member("fra", "quorum"), member("nyc", "quorum")] };
  const of = (content: Content) => checkAlerts({ peers: peers("quorum"), kuma }, { ...well, fleet, content });
  assert.match(String(of(contentOf([60n, 20n, 2n], [60n, 20n, 3n]))[0]?.message), /1 of 2 .*"m0"/);
  assert.equal(of(contentOf([60n, 20n, 3n], [60n, 0n, 1n]))[0]?.status, "ok");
  assert.equal(of(contentOf([60n, 60n, 0n]))[0]?.status, "warn");
});
