import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type AlertFleet, openAlertFleet } from "../support/alert-fleet.ts";
import { copyPatchedKuma, type PatchedKuma } from "../support/kuma/patched-kuma.ts";
import { PATIENCE } from "../support/wait.ts";

describe("three real Kumas that know of one another", { timeout: 2 * PATIENCE }, () => {
  let kuma: PatchedKuma;
  let fleet: AlertFleet;

  before(async () => {
    kuma = await copyPatchedKuma();
    // With live applies, so that both modules in Kuma share the channel.
    const env = { REPLICATOR_APPLY: "live" };
    fleet = await openAlertFleet({ kuma, names: ["fra", "nyc", "sgp"], env });
  });

  after(async () => {
    await fleet?.close();
    kuma?.remove();
  });

  it("say in each message who agrees", async () => {
    const from = fleet.rung.length;
    fleet.member("fra").reaches = false;
    const first = await fleet.untilRung(/^\[fra\].*Down/, from);
    assert.match(
      first.msg,
      /^\[fra\] \[Shop\] \[🔴 Down\] Request failed with status code 500 - down at fra; up at nyc \(\d+ s ago\), sgp \(\d+ s ago\)$/,
    );
    assert.match(first.beat ?? "", /^\[fra\] Request failed with status code 500 - down at fra; up at /);
    fleet.member("nyc").reaches = false;
    const second = await fleet.untilRung(/^\[nyc\].*Down/, from);
    assert.match(second.msg, / - down at nyc, fra; up at sgp \(\d+ s ago\)$/);
    fleet.member("fra").reaches = true;
    const third = await fleet.untilRung(/^\[fra\].*Up/, from);
    assert.match(third.msg, / - up at fra, sgp; down at nyc \(\d+ s ago\)$/);
    fleet.member("nyc").reaches = true;
    assert.match((await fleet.untilRung(/^\[nyc\].*Up/, from)).msg, / - up at nyc, fra, sgp$/);
    assert.equal(fleet.rung.length, from + 4);
  });
});
