import { setTimeout as sleep } from "node:timers/promises";
import type { AlertFleet } from "../../support/alert-fleet.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { connectKuma } from "../../support/kuma/kuma-api.ts";
import { answers } from "../../support/kuma/kuma-shapes.ts";
import { waitFor } from "../../support/wait.ts";
import {
  ALL,
  type AlertCases,
  alertFault,
  beginOutage,
  kumaOf,
  withChronicPlace,
  withoutSupervisor,
} from "../alerts.ts";
import { warnOfCertificate } from "./alerts-expiry.ts";

/** Kuma's module waits six seconds for its supervisor; then a message must be out, on a busy machine. Milliseconds. */
const LATEST = 8_000;

export const onceCases = {
  "all see it, and recover one after another": async (fleet) => {
    const outage = beginOutage(fleet);
    outage.fall();
    await outage.untilTaken("down");
    for (const name of ALL) {
      await sleep(3_000);
      outage.recover(name);
    }
    await outage.check([1, 1], [1, 1]);
  },
  "one sees it: its message says so": async (fleet) => {
    const outage = beginOutage(fleet);
    outage.fall("nyc");
    const { msg } = await outage.untilTaken("down");
    assertInvariant(/ - down at nyc; up at fra .*, sgp /.test(msg), msg);
    outage.recover();
    await outage.check([1, 1], [1, 1]);
  },
  "the provider is slow": async (fleet) => {
    fleet.provider.after = 5_000;
    const outage = beginOutage(fleet);
    outage.fall();
    await outage.untilTaken("down");
    outage.recover();
    await outage.check([1, 1], [1, 1]);
  },
  "the provider refuses, for a while": (fleet) => notTaken(fleet, "refuse", 5_000),
  "the provider takes it and breaks off: it counts as refused": (fleet) => notTaken(fleet, "reset", 1_000),
  "the line is cut throughout: one message of each part": async (fleet) => {
    await fleet.cut("fra", "nyc", "sgp");
    const outage = beginOutage(fleet);
    outage.fall();
    await Promise.all([outage.untilTaken("down", "fra"), outage.untilTaken("down", "(?!fra)")]);
    outage.recover();
    await outage.check([2, 2], [1, 2]);
  },
  "the line is cut for the first half: one recovery": async (fleet) => {
    await fleet.cut("fra", "nyc", "sgp");
    const outage = beginOutage(fleet);
    outage.fall();
    await outage.untilTaken("down", "fra");
    await sleep(8_000);
    await fleet.mend();
    await sleep(20_000);
    outage.recover();
    await outage.check([2, 2], [1, 1]);
  },
  "the Kuma of the one that sends is killed before the provider has it": async (fleet) => {
    fleet.provider.after = 4_000;
    const outage = beginOutage(fleet);
    outage.fall();
    const pid = kumaOf(fleet, await outage.untilHanded("down"));
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    await outage.untilTaken("down");
    await fleet.untilReady();
    outage.recover();
    await outage.check([1, 1], [1, 1]);
  },
  "the one that sends is killed, all of it, before the provider has it": async (fleet) => {
    fleet.provider.after = 4_000;
    const outage = beginOutage(fleet);
    outage.fall();
    const sender = fleet.member(await outage.untilHanded("down"));
    await sender.instance.kill();
    await outage.untilTaken("down");
    await sender.start();
    outage.recover();
    await outage.check([1, 1], [1, 1]);
  },
  "the supervisor of the one that sends freezes: nobody knows that it was sent": async (fleet) => {
    fleet.provider.after = 3_000;
    const outage = beginOutage(fleet);
    outage.fall();
    const { pid } = fleet.member(await outage.untilHanded("down")).instance;
    process.kill(pid, "SIGSTOP");
    try {
      await outage.untilTaken("down");
      await sleep(40_000);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    outage.recover();
    await outage.check([1, 2], [1, 2]);
  },
  "a supervisor is frozen from before on": async (fleet) => {
    const { pid } = fleet.member("fra").instance;
    process.kill(pid, "SIGSTOP");
    const outage = beginOutage(fleet);
    try {
      outage.fall();
      const begun = performance.now();
      const { at } = await outage.untilTaken("down", "fra");
      assertInvariant(at - begun < LATEST, `fra's own came after ${Math.round(at - begun)} ms`);
      await outage.untilTaken("down", "(?!fra)");
    } finally {
      process.kill(pid, "SIGCONT");
    }
    outage.recover();
    await outage.check([2, 2], [1, 2]);
  },
  "a snapshot is applied in the middle": async (fleet) => {
    const outage = beginOutage(fleet);
    outage.fall();
    await outage.untilTaken("down");
    await fleet.configure(`INSERT INTO tag (name, color) VALUES ('t${Date.now()}', '#fff')`);
    outage.recover();
    await outage.check([1, 1], [1, 1]);
  },
  "it lasts, and Uptime Kuma says so again and again: one of them does": async (fleet) => {
    await fleet.configure("UPDATE monitor SET resend_interval = 4");
    await fleet.untilAllUp();
    const outage = beginOutage(fleet);
    outage.fall();
    await waitFor("three messages", () => outage.taken("down").length >= 3 || undefined);
    outage.recover();
    const senders = new Set(outage.taken("down").map(({ msg }) => /^\[(\w+)\]/.exec(msg)?.[1]));
    assertInvariant(senders.size === 1, `Downs came from ${[...senders].join(", ")}`);
    await outage.check([3, 5], [1, 1]);
    await fleet.configure("UPDATE monitor SET resend_interval = 0");
  },
  "one of two providers refuses: it alone is tried again": async (fleet) => {
    await fleet.configure(
      `INSERT INTO notification (id, name, active, user_id, is_default, config)
       SELECT 2, 'other', 1, user_id, 0, replace(config, '"}', 'other"}') FROM notification WHERE id = 1`,
      "INSERT INTO monitor_notification (monitor_id, notification_id) SELECT monitor_id, 2 FROM monitor_notification",
    );
    await fleet.untilAllUp();
    Object.assign(fleet.provider, { does: "refuse", at: "/other" });
    const outage = beginOutage(fleet);
    outage.fall();
    await outage.untilTaken("down");
    await sleep(5_000);
    fleet.provider.does = "take";
    await waitFor("the second", () => outage.taken("down").length >= 2 || undefined);
    outage.recover();
    await outage.check([2, 2], [2, 2]);
    const paths = outage.taken("down").map(({ to }) => to);
    assertInvariant(new Set(paths).size === 2, `Downs came to ${paths.join(", ")}`);
    await fleet.configure(
      "DELETE FROM monitor_notification WHERE notification_id = 2",
      "DELETE FROM notification WHERE id = 2",
    );
  },
  "one that withholds its recovery is restarted": async (fleet) => {
    const outage = beginOutage(fleet);
    outage.fall();
    await outage.untilTaken("down");
    outage.recover("fra");
    await sleep(3_000);
    await fleet.member("fra").instance.stop();
    await fleet.member("fra").start();
    outage.recover();
    await outage.check([1, 1], [1, 1]);
  },
  "a test of a notification, in an outage that another has told": async (fleet) => {
    const outage = beginOutage(fleet);
    outage.fall();
    await outage.untilTaken("down");
    const from = fleet.rung.length;
    for (const { name, instance } of fleet.members) {
      const client = await connectKuma(instance.url);
      const hook = client.lists.notifications.get(1)?.config;
      await client.call(answers.nothing, "testNotification", JSON.parse(String(hook)));
      client.close();
      await fleet.untilRung(new RegExp(`^\\[${name}\\] hook Testing$`), from);
    }
    outage.recover();
    await outage.check([1, 1], [1, 1]);
  },
  "one place can never reach it: it does not hide an outage": (fleet) =>
    withChronicPlace(fleet, async (outage) => {
      outage.fall("fra", "nyc");
      await outage.untilTaken("down", "(fra|nyc)");
    }),
  "a certificate ends soon: one of them says so": warnOfCertificate,
  // The last one: after it there is no supervisor any more.
  "a supervisor is killed, and its Kuma goes on": (fleet) =>
    withoutSupervisor(fleet, "fra", async () => {
      const outage = beginOutage(fleet);
      outage.fall();
      await Promise.all([outage.untilTaken("down", "fra"), outage.untilTaken("down", "(?!fra)")]);
      outage.recover();
      await outage.check([2, 2], [2, 2]);
    }),
} satisfies AlertCases;

/** @param lasts how long after the first attempt the provider takes it, milliseconds */
async function notTaken(fleet: AlertFleet, does: "refuse" | "reset", lasts: number): Promise<void> {
  fleet.provider.does = does;
  const outage = beginOutage(fleet);
  outage.fall();
  await outage.untilHanded("down");
  await sleep(lasts);
  fleet.provider.does = "take";
  await outage.untilTaken("down");
  outage.recover();
  await outage.check([1, 1], [1, 1]);
}

export const alertsOnce = alertFault({
  about: "that one of them tells",
  checked: "one Down and one Up of all, one more for each part that is cut off and each death while sending",
  cases: onceCases,
  env: { REPLICATOR_ALERT: "once" },
});
