import { basename } from "node:path";
import type { Config } from "../config/index.ts";
import { planPatch } from "../patch/index.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** What starts a program on its own, and stays between it and us. */
const RUNNERS = /^(npm|npx|yarn|pnpm|bun|corepack)(\.cmd)?$/;

/**
 * Whether a signal to what KUMA_COMMAND starts is one to Kuma. npm 11 ends at SIGTERM and tells its child nothing
 * (seen): Kuma then runs on without its parent until it is killed, its database unclosed.
 */
export function checkCommand({ kuma }: Pick<Config, "kuma">): Finding {
  const check = "command";
  const runner = kuma.command.find((word) => RUNNERS.test(basename(word)));
  if (runner === undefined) return ok(check, "Uptime Kuma is started without another program in between.");
  return failed(check, {
    message: `KUMA_COMMAND starts Uptime Kuma by ${basename(runner)}: signals do not reach Uptime Kuma, and each stop kills it.`,
    advice: "Remove KUMA_COMMAND, or name the program itself, such as `node server/server.js`.",
  });
}

/**
 * Whether everybody goes by the same time zone. Kuma takes TZ before its own setting, whatever its page shows
 * (getTimezone in server/uptime-kuma-server.js, 1.23 to 2.5); a TZ that does not exist is UTC to Node and restic.
 * @param setting the zone that was chosen in Kuma; undefined: none
 */
export function checkTimeZone(
  { timeZone }: Pick<Config["kuma"], "timeZone">,
  setting: string | undefined,
): Finding {
  const check = "time zone";
  if (timeZone !== undefined && timeZone !== "" && !isZone(timeZone))
    return warning(
      check,
      `TZ is ${JSON.stringify(timeZone)}, which is no time zone: it counts as UTC.`,
      "Set TZ to a name such as Europe/Berlin, or remove it.",
    );
  if (timeZone && setting !== undefined && setting !== timeZone)
    return warning(
      check,
      `TZ is ${timeZone}, but Uptime Kuma's setting is ${setting}: from each start on, TZ decides when maintenance begins.`,
      "Set both to the same zone (Uptime Kuma: Settings, General), or remove TZ.",
    );
  if (timeZone) return ok(check, `${timeZone}, by TZ.`);
  return ok(
    check,
    setting === undefined
      ? "None is set: that of the machine counts."
      : `${setting}, by Uptime Kuma's setting.`,
  );
}

function isZone(zone: string): boolean {
  try {
    return Intl.DateTimeFormat("en-US", { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

/** Whether Kuma's messages carry the name of this instance. */
export async function checkPatch({ kuma }: Pick<Config, "kuma">): Promise<Finding> {
  const plan = await planPatch(kuma.dir);
  if (plan.ok && plan.value.changes.length === 0)
    return ok("patch", "Uptime Kuma's messages begin with the name of this instance.");
  return warning(
    "patch",
    plan.ok ? "Uptime Kuma's messages do not name the instance that sends them." : plan.problem.message,
    "Run `replicator-kuma patch KUMA_DIR` when the image is built; replication works without.",
  );
}
