import { setTimeout as sleep } from "node:timers/promises";
import { openNamespaces } from "../../support/alert-namespaces.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { type AlertCases, alertFault, beginOutage, pick } from "../alerts.ts";
import { onceCases } from "./alerts-once.ts";
import { QUORUM, quorumCases } from "./alerts-quorum.ts";

/** Longer than a question, and than what counts of a silent instance in the quorum here; milliseconds. */
const LONG = 40_000;

/** Both ways, by the cable to the others; and what one sends alone is lost. */
const NOT_HEARD: AlertCases = {
  "one hears the others, and is not heard": async (fleet) => {
    await fleet.mute("fra");
    const outage = beginOutage(fleet);
    outage.fall();
    await outage.untilTaken("down", "(?!fra)");
    await sleep(LONG);
    await fleet.mend();
    await sleep(LONG / 2);
    outage.recover();
    await outage.check([1, 2], [1, 1]);
  },
  "one loses all its network: what it could not send is not sent afterwards, or has its end": async (
    fleet,
  ) => {
    const outage = beginOutage(fleet);
    await fleet.unplug("fra");
    await sleep(LONG);
    await fleet.mend();
    await fleet.untilAllUp();
    await outage.check([0, 1], [0, 1]);
    const [downs, ups] = [outage.taken("down").length, outage.taken("up").length];
    assertInvariant(downs === ups, `${downs} Down and ${ups} Up`);
  },
};

/** The same cases where instances are further apart than on one loopback, and on the other kind of database. */
export const alertsElsewhere = [
  alertFault({
    about: "that one of them tells, each in a network of its own",
    checked: "one Down and one Up of all, one more for each part that is cut off",
    cases: {
      ...pick(
        onceCases,
        "all see it, and recover one after another",
        "one sees it: its message says so",
        "the line is cut throughout: one message of each part",
        "the line is cut for the first half: one recovery",
      ),
      ...NOT_HEARD,
    },
    env: { REPLICATOR_ALERT: "once" },
    places: openNamespaces,
  }),
  alertFault({
    about: "that enough of them must see, each in a network of its own",
    checked: "no Down of fewer before the time, one after it; what nobody was told has no Up",
    cases: {
      ...pick(
        quorumCases,
        "two of three see it",
        "one sees it, and not for long: nothing is told",
        "one sees it, and for long: it is told in the end",
        "one is cut off and sees it: nobody can be asked, so it is told",
        "two see it, and one of them is cut off",
      ),
      ...NOT_HEARD,
    },
    env: QUORUM,
    places: openNamespaces,
  }),
  alertFault({
    about: "that one of them tells, on MariaDB",
    checked: "one Down and one Up of all",
    cases: pick(
      onceCases,
      "all see it, and recover one after another",
      "the provider refuses, for a while",
      "a snapshot is applied in the middle",
      "one that withholds its recovery is restarted",
    ),
    env: { REPLICATOR_ALERT: "once" },
    isOnMariaDb: true,
  }),
];
