import { setTimeout as sleep } from "node:timers/promises";
import type { AlertFleet } from "../../support/alert-fleet.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { type AlertCases, alertFault, assertNone, beginOutage, withChronicPlace } from "../alerts.ts";

/** As REPLICATOR_ALERT_ALONE below, milliseconds. */
const ALONE = 25_000;

const ONLY = / - down at fra; up at .*; only here, for \d+ s$/;

export const quorumCases = {
  "two of three see it": async (fleet) => {
    const outage = beginOutage(fleet);
    outage.fall("nyc", "sgp");
    await outage.untilTaken("down");
    outage.recover();
    await outage.check([1, 1], [1, 1]);
  },
  "one sees it, and not for long: nothing is told": async (fleet) => {
    const outage = beginOutage(fleet);
    outage.fall("fra");
    await sleep(ALONE / 2);
    const status = await fleet.member("nyc").command("status");
    assertInvariant(/down only there: Shop/.test(status), status);
    const own = await fleet.member("fra").command("status");
    assertInvariant(/withheld/.test(own), own);
    outage.recover();
    await outage.check([0, 0], [0, 0]);
  },
  "one sees it, and for long: it is told in the end": async (fleet) => {
    const outage = beginOutage(fleet);
    const begun = performance.now();
    outage.fall("fra");
    const { at, msg } = await outage.untilTaken("down");
    assertInvariant(at - begun >= ALONE, `told after ${Math.round(at - begun)} ms`);
    assertInvariant(ONLY.test(msg), msg);
    outage.recover();
    await outage.check([1, 1], [1, 1]);
  },
  "the one that sees it alone is restarted meanwhile": (fleet) => endedMeanwhile(fleet, "stop"),
  "the one that sees it alone is killed meanwhile, all of it": (fleet) => endedMeanwhile(fleet, "kill"),
  "one is cut off and sees it: nobody can be asked, so it is told": async (fleet) => {
    await fleet.cut("fra", "nyc", "sgp");
    const outage = beginOutage(fleet);
    outage.fall("fra");
    await outage.untilTaken("down", "fra");
    outage.recover();
    await outage.check([1, 1], [1, 1]);
  },
  "two see it, and one of them is cut off": async (fleet) => {
    await fleet.cut("fra", "nyc", "sgp");
    const outage = beginOutage(fleet);
    outage.fall();
    await outage.untilTaken("down", "(?!fra)");
    await fleet.mend();
    await sleep(20_000);
    outage.recover();
    await outage.check([1, 2], [1, 1]);
  },
  "one place can never reach it: it neither counts nor hides an outage": (fleet) =>
    withChronicPlace(fleet, async (outage) => {
      const from = fleet.rung.length;
      outage.fall("fra");
      await sleep(ALONE / 2);
      assertNone(fleet, from);
      outage.fall("nyc");
      await outage.untilTaken("down", "(fra|nyc)");
    }),
} satisfies AlertCases;

export const QUORUM = {
  REPLICATOR_ALERT: "quorum",
  REPLICATOR_ALERT_WAIT: "10s",
  REPLICATOR_ALERT_ALONE: `${ALONE / 1_000}s`,
};

async function endedMeanwhile(fleet: AlertFleet, how: "stop" | "kill"): Promise<void> {
  const outage = beginOutage(fleet);
  outage.fall("fra");
  await sleep(5_000);
  await fleet.member("fra").instance[how]();
  await fleet.member("fra").start();
  await outage.untilTaken("down");
  outage.recover();
  await outage.check([1, 1], [1, 1]);
}

export const alertsQuorum = alertFault({
  about: "that enough of them must see",
  checked: "no Down of fewer before the time, one after it; what nobody was told has no Up",
  cases: quorumCases,
  env: QUORUM,
});
