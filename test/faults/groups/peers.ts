import { setTimeout as sleep } from "node:timers/promises";
import type { AlertFleet, Rung } from "../../support/alert-fleet.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { type AlertCases, alertFault, kumaOf, withoutSupervisor } from "../alerts.ts";

/** Kuma's module waits six seconds; then a message must be out within this, milliseconds, on a busy machine. */
const LATEST = 8_000;

/** A message of fra that ends with what it found, and nothing of others. */
const AS_EVER = /^\[fra\] \[Shop\] \[🔴 Down\] Request failed with status code 500$/;

/** What goes wrong while the target goes down for fra, and what fra's message must be then. */
const CASES: AlertCases = {
  "its supervisor is frozen": async (fleet) => {
    const { pid } = fleet.member("fra").instance;
    process.kill(pid, "SIGSTOP");
    try {
      assertFits(await fall(fleet, LATEST), AS_EVER);
    } finally {
      process.kill(pid, "SIGCONT");
    }
  },
  "a peer's supervisor is frozen": async (fleet) => {
    const { pid } = fleet.member("sgp").instance;
    process.kill(pid, "SIGSTOP");
    try {
      assertFits(
        await fall(fleet, LATEST),
        / - down at fra; up at nyc \(\d+ s ago\); not heard: sgp \(for \d+ s\)$/,
      );
    } finally {
      process.kill(pid, "SIGCONT");
    }
  },
  "the line to one peer is cut: the other passes on what it says": async (fleet) => {
    await fleet.cut("fra", "sgp");
    assertFits(await fall(fleet, LATEST), / - down at fra; up at nyc \(\d+ s ago\), sgp \(\d+ s ago\)$/);
  },
  "the lines to both peers are cut": async (fleet) => {
    await fleet.cut("fra", "sgp", "nyc");
    assertFits(await fall(fleet, LATEST), / - down at fra; not heard: nyc \(for \d+ s\), sgp \(for \d+ s\)$/);
  },
  "its Kuma is killed while it asks": async (fleet) => {
    await fleet.cut("fra", "sgp", "nyc");
    const from = fleet.rung.length;
    fleet.member("fra").reaches = false;
    await sleep(3_000);
    const found = kumaOf(fleet, "fra");
    if (found !== undefined) process.kill(found, "SIGKILL");
    // The heartbeat was not stored: the next Kuma sees the target go down again.
    assertFits(await fleet.untilRung(/^\[fra\].*Down/, from, 60_000), /500( - down at fra; .*)?$/);
  },
  "a peer's Kuma is killed": async (fleet) => {
    const found = kumaOf(fleet, "sgp");
    if (found !== undefined) process.kill(found, "SIGKILL");
    assertFits(
      await fall(fleet, LATEST),
      / - down at fra; up at nyc \(\d+ s ago\)(, sgp \(\d+ s ago\)|; not looked yet: sgp)$/,
    );
  },
  "all see it": async (fleet) => {
    const from = fleet.rung.length;
    for (const member of fleet.members) member.reaches = false;
    const all = await Promise.all(
      fleet.members.map(({ name }) => fleet.untilRung(new RegExp(`^\\[${name}\\].*Down`), from, 20_000)),
    );
    for (const { msg } of all) assertFits({ msg }, / - down at [a-z, ]+(; up at [^;]+ ago\))?$/);
    const last = all.reduce((a, b) => (a.at > b.at ? a : b));
    assertFits(last, / - down at (fra|nyc|sgp), (fra|nyc|sgp), (fra|nyc|sgp)$/);
  },
  // The last one: after it there is no supervisor any more.
  "its supervisor is killed": (fleet) =>
    withoutSupervisor(fleet, "fra", async () => assertFits(await fall(fleet, LATEST), AS_EVER)),
};

export const peersThatFail = alertFault({
  about: "to one another",
  checked: "each message came within 7 s, with who agrees or as ever",
  cases: CASES,
});

/** The target goes down for fra. @param within milliseconds from its next check on, a second later */
async function fall(fleet: AlertFleet, within: number): Promise<Rung> {
  const from = fleet.rung.length;
  fleet.member("fra").reaches = false;
  return fleet.untilRung(/^\[fra\].*Down/, from, within + 1_000);
}

function assertFits({ msg }: Pick<Rung, "msg">, wanted: RegExp): void {
  assertInvariant(wanted.test(msg), `the message is ${JSON.stringify(msg)}, which is not ${wanted}`);
}
