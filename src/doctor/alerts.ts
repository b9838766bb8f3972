import type { Config } from "../config/index.ts";
import { rowsOf } from "../diff/index.ts";
import type { Content } from "../snapshot/index.ts";
import { type Finding, ok, warning } from "./finding.ts";

const CHECK = "alerts";

/** What the running instance knows of the others, this one first. */
interface Fleet {
  readonly members: readonly { readonly name: string; readonly alert: string; readonly isHeard: boolean }[];
  /** Whether the module in Uptime Kuma has made itself known. */
  readonly asks: boolean;
}

/**
 * Whether REPLICATOR_ALERT can do what it is to do. None where there are no other instances.
 * @param seen.fleet undefined: the instance could not be asked
 * @param seen.content Uptime Kuma's configuration here; undefined: it cannot be read
 */
export function checkAlerts(
  { peers, kuma }: Pick<Config, "peers" | "kuma">,
  seen: {
    readonly isPatched: boolean;
    readonly fleet: Fleet | undefined;
    readonly content: Content | undefined;
  },
): Finding[] {
  if (peers === undefined) return [];
  const { alert } = peers;
  const findings = [
    ...checkModule(alert, kuma.command, seen),
    ...(seen.fleet === undefined ? [] : checkMembers(alert, seen.fleet)),
    ...(alert === "quorum" && seen.content !== undefined ? checkRetries(seen.content) : []),
  ];
  const others = (seen.fleet?.members.length ?? 1) - 1;
  return findings.length > 0
    ? findings
    : [ok(CHECK, `REPLICATOR_ALERT is ${alert}, other instances: ${others}.`)];
}

function checkModule(
  alert: string,
  command: readonly string[],
  { isPatched, fleet }: { readonly isPatched: boolean; readonly fleet: Fleet | undefined },
): Finding[] {
  if (!isPatched)
    return [
      warning(
        CHECK,
        `Uptime Kuma is not patched for this release, so that REPLICATOR_ALERT=${alert} may do nothing: its messages go out as ever.`,
        "Run `replicator-kuma patch KUMA_DIR` when the image is built, and restart the container.",
      ),
    ];
  if (fleet === undefined || fleet.asks) return [];
  return [
    warning(
      CHECK,
      "Uptime Kuma has no channel to its supervisor: its messages go out as ever, and no other instance hears what it sees.",
      `KUMA_COMMAND (${command.join(" ")}) must pass an open file descriptor on, as node, sh -c "exec …" and setpriv do; npm run and sudo do not.`,
    ),
  ];
}

function checkMembers(alert: string, { members }: Fleet): Finding[] {
  const others = members.slice(1).filter(({ isHeard }) => isHeard);
  if (others.length === 0)
    return [
      warning(
        CHECK,
        `No other instance is heard, so that REPLICATOR_ALERT=${alert} has nobody to ask: messages go out as ever.`,
        "`replicator-kuma status` says what cannot be reached, and why.",
      ),
    ];
  const different = others.filter((other) => other.alert !== alert);
  if (different.length === 0) return [];
  return [
    warning(
      CHECK,
      `REPLICATOR_ALERT is ${alert} here, but ${different.map(({ name, ...other }) => `${other.alert} at ${name}`).join(", ")}: an instance goes by its own, so that people may get more messages.`,
      "Set it to the same on all instances.",
    ),
  ];
}

/**
 * With retries that take at least an interval, every instance has looked again before one of them says Down. Else a
 * quorum has to wait for that.
 */
function checkRetries({ tables }: Content): Finding[] {
  const monitors = tables.find(({ name }) => name === "monitor");
  if (monitors === undefined) return [];
  const active = rowsOf(monitors).filter((row) => Number(row.active) === 1 && row.type !== "push");
  const hasty = active.filter((row) => {
    const interval = Number(row.interval);
    return Number(row.maxretries) * (Number(row.retry_interval) || interval) < interval;
  });
  if (hasty.length === 0) return [];
  return [
    warning(
      CHECK,
      `With quorum ${hasty.length} of ${active.length} active monitors may be told later, by up to one interval: their retries are over before every instance has looked again (such as ${JSON.stringify(hasty[0]?.name)}).`,
      "Give them retries that take as long as one interval in Uptime Kuma, such as 3 retries 20 s apart for an interval of 60 s.",
    ),
  ];
}
