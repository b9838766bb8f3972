import { chooseLatest, isBashPublishing } from "../replication/index.ts";
import type { Listing, SnapshotInfo } from "../repository/index.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** Milliseconds. A move of the role leaves two publishers in the history; only what is recent is of interest. */
const RECENT = 24 * 60 * 60_000;
/** Clocks differ a little, and restic takes a moment. */
const CLOCK_TOLERANCE = 2 * 60_000;

/** Which instance publishes: finds two that alternate, or that both continue the same snapshot. */
export function checkPrimaries(
  snapshots: readonly SnapshotInfo[],
  self: { readonly id: string; readonly isPrimary: boolean; readonly head: string | undefined } | undefined,
  now = Date.now(),
): Finding {
  const check = "primaries";
  const latest = chooseLatest(snapshots);
  if (latest === undefined) return ok(check, "Nothing is published yet.");
  const recent = snapshots.filter(({ time }) => now - time < RECENT);
  const handOvers = recent.filter(
    (each, index) => index > 0 && each.instanceId !== recent[index - 1]?.instanceId,
  );
  const isFork = recent.some((each) =>
    recent.some((other) => other.parent === each.parent && other.instanceId !== each.instanceId),
  );
  if (handOvers.length > 1 || isFork) {
    const names = [...new Set(recent.map(({ instanceName }) => JSON.stringify(instanceName)))].join(" and ");
    return warning(
      check,
      `${names} have both published within the last day.`,
      "There must be one primary. Unless you moved the role on purpose, demote all but one.",
    );
  }
  const stranger = self?.isPrimary && latest.instanceId !== self.id && !isSame(latest.id, self.head);
  if (stranger)
    return failed(check, {
      message: `This instance is a primary, but the latest snapshot is by ${JSON.stringify(latest.instanceName)}.`,
      advice: "`demote` one of the two.",
    });
  return ok(check, `${JSON.stringify(latest.instanceName)} is the primary.`);
}

/** Whether a bash version still publishes; what it left behind before this program took over is no matter. */
export function checkBashPrimary({ snapshots, bash }: Listing): Finding[] {
  const check = "bash version";
  const latest = chooseLatest(snapshots);
  const last = bash.at(-1);
  if (last === undefined) return [];
  const who = JSON.stringify(last.instanceName);
  if (latest === undefined)
    return [
      ok(check, `${who} is the primary still; replicas follow it until a primary publishes from here.`),
    ];
  if (!isBashPublishing(last, latest)) return [];
  return [
    warning(
      check,
      `${who} goes on publishing by the bash version of Replicator Kuma; nothing of it is applied any more.`,
      "Stop its container, or change its image: docs/migrating.md has the order of moving.",
    ),
  ];
}

/** Whether the repository's newest time lies ahead of ours: then one of the clocks is wrong. */
export function checkClock(snapshots: readonly SnapshotInfo[], now = Date.now()): Finding {
  const ahead = Math.max(0, ...snapshots.map(({ time }) => time)) - now;
  if (ahead < CLOCK_TOLERANCE) return ok("clock", "Not behind the times of the snapshots.");
  return failed("clock", {
    message: `A snapshot is dated ${Math.round(ahead / 60_000)} min in the future: the clock here is slow, or the publisher's was fast.`,
    advice: "Set the clock of every machine by NTP.",
  });
}

function isSame(id: string, head: string | undefined): boolean {
  return head !== undefined && id.startsWith(head);
}
