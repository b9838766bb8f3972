import type { Fleet, FleetMember } from "../../src/peers/index.ts";
import { MINUTE, START, snapshot } from "../observed/story.ts";

const member = (name: string, more: Partial<FleetMember>): FleetMember => ({
  ...{ id: name, name, isThis: false, version: "2.1.0", alert: "annotate" },
  ...{ role: "replica", head: snapshot("d").id, agreement: "agrees", lag: undefined },
  kuma: { version: "2.5.3", state: "ready" },
  ...{ heardAt: START + 163 * MINUTE - 8_000, isHeard: true, downCount: 0, onlyDownHere: [] },
  ...more,
});

/** As nyc sees four of them on the morning of the story: one has a line of its own that is broken, one is away. */
export const fleet: Fleet = {
  members: [
    member("nyc", { isThis: true }),
    member("fra", { role: "primary" }),
    member("sgp", { downCount: 2, onlyDownHere: ["Shop", "Mail"] }),
    member("syd", {
      ...{ head: snapshot("c").id, agreement: "behind", lag: 12 * MINUTE },
      ...{ heardAt: START + 151 * MINUTE, isHeard: false },
    }),
  ],
  unreached: [
    {
      address: "http://kuma-syd:3080",
      message: "The instance at http://kuma-syd:3080 cannot be reached (connect ETIMEDOUT).",
      advice: "See whether it runs, with REPLICATOR_HTTP, and whether its port is open to this machine.",
    },
  ],
  alerts: { withheld: [], asks: true },
};

/** The same morning, all well but the line of nyc, which does not tell yet what it alone sees. */
export const withholding: Fleet = {
  members: [
    member("nyc", { isThis: true, alert: "quorum", downCount: 1, onlyDownHere: ["Shop"] }),
    member("fra", { role: "primary", alert: "quorum" }),
    member("sgp", { alert: "quorum" }),
  ],
  unreached: [],
  alerts: {
    withheld: [{ monitor: 7, name: "Shop", kind: "down", for: 4 * MINUTE, why: "others say that it is up" }],
    asks: true,
  },
};
