import { askStatus, type Status } from "../control/index.ts";
import type { OwnParts } from "../database/index.ts";
import { describeOwn } from "../events/index.ts";
import { formatDuration, shortId } from "../format.ts";
import { isOfBash } from "../replication/index.ts";
import type { BashSnapshot } from "../repository/index.ts";
import { type Result, success } from "../result.ts";
import { isEdited, positionIn, type RepositoryPosition } from "./agreement.ts";
import { ALL_EXIT_CODES, EXIT, type JsonOption, jsonOption, newCommand, withConfig } from "./command.ts";
import { listSnapshots, openSources, type Sources } from "./sources.ts";
import { formatTime, paint, printJson, printTable, relative } from "./terminal.ts";

/** A status is for a quick look: a repository that is slower than this is shown as not reached. Milliseconds. */
const REPOSITORY_LIMIT = 20_000;

/**
 * What is known of the repository; `isEdited`: whether Kuma's configuration differs from its own snapshot; `own`: on
 * purpose.
 */
interface View {
  readonly own: OwnParts | undefined;
  readonly position: Result<RepositoryPosition | undefined>;
  readonly isEdited: boolean | undefined;
  /** What a bash version published last. */
  readonly bash: BashSnapshot | undefined;
}

export function statusCommand() {
  return newCommand("status", "Show the state of this instance, and whether it agrees with the repository.", [
    "Asks the running instance and the repository, and shows on one screen: the role, the state of Uptime Kuma, what was published or applied last and what that changed, how far this instance is behind the repository, which instance is the primary, the last error, and what to do about it.",
    ALL_EXIT_CODES,
    {
      title: "Examples",
      commands: [
        "docker exec -t kuma replicator-kuma status",
        "docker exec kuma replicator-kuma status --json | jq .repository.behind",
      ],
    },
  ])
    .addOption(jsonOption())
    .action(({ json }: JsonOption) =>
      withConfig({ json }, async (config) => {
        const asked = await askStatus(config.stateDir);
        if (!asked.ok) return asked;
        const view = await readView(openSources(config), asked.value);
        if (json) printJson(toJson(asked.value, view));
        else printTable(describe(asked.value, view));
        return success(EXIT.ok);
      }),
    );
}

async function readView(sources: Sources, { head }: Status): Promise<View> {
  const read = await sources.database.readOwn();
  const own = read.ok ? read.value : undefined;
  const listed = await listSnapshots(sources, REPOSITORY_LIMIT);
  if (!listed.ok) return { own, position: listed, isEdited: undefined, bash: undefined };
  const { snapshots, bash } = listed.value;
  const position = positionIn(snapshots, head);
  const base = snapshots.find(({ id }) => head !== undefined && id.startsWith(head));
  const edited = base && (await isEdited(sources, base));
  return { own, position: success(position), isEdited: edited, bash: bash.at(-1) };
}

function toJson(status: Status, { own, position, isEdited }: View) {
  return {
    ...status,
    repository: position.ok ? (position.value ?? null) : { problem: position.problem },
    edited: isEdited ?? null,
    own: own ?? null,
  };
}

function describe(status: Status, view: View): string[][] {
  const { instance, role, roleGivenAt, kuma, published, applied, nextCycleAt, failing, refused } = status;
  const given = roleGivenAt === undefined ? "" : `, by a command ${relative(roleGivenAt)}`;
  const isReady = kuma.state === "ready";
  const own = view.own ? describeOwn(view.own) : [];
  return [
    [
      paint("bold", instance.name),
      `${paint("bold", role)}${given}; up for ${formatDuration(status.upForMs ?? Date.now() - status.startedAt)}`,
    ],
    ["Uptime Kuma", `${kuma.version}, ${paint(isReady ? "green" : "yellow", kuma.state)}, ${kuma.url}`],
    ["last publish", published ? describeSnapshot(published) : "none"],
    [
      "last apply",
      applied ? describeSnapshot(applied) + (applied.canUndo ? " (`rollback` undoes it)" : "") : "none",
    ],
    ...describeView(status, view),
    ...(own.length > 0 ? [["its own", own.join("; ")]] : []),
    ...(status.fleet === undefined ? [] : describeFleet(status.fleet)),
    [
      "next cycle",
      nextCycleAt === undefined ? "running now, or waiting for Uptime Kuma" : relative(nextCycleAt),
    ],
    ...refused.map(({ snapshotId, reason, at }) => [
      "refused",
      paint("yellow", `snapshot ${shortId(snapshotId)}, ${relative(at)}: ${reason}`),
    ]),
    ...(failing === undefined
      ? [["last error", paint("green", "none")]]
      : [
          [
            "last error",
            paint(
              "red",
              `${failing.problem.message} (${failing.times} times, since ${formatTime(failing.since)})`,
            ),
          ],
          ["  do this", failing.problem.advice],
        ]),
  ];
}

/** All instances, a line each. */
function describeFleet({ members, unreached, withheld }: NonNullable<Status["fleet"]>): string[][] {
  const lines = members
    .filter(({ isThis }) => !isThis)
    .map((member) => {
      const { name, role, head, kuma, heardAt, isHeard, onlyDownHere } = member;
      const parts = [
        `${role}, ${head === undefined ? "no snapshot" : `snapshot ${shortId(head)}`}, ${describeLag(member)}`,
        `Uptime Kuma ${kuma.version} ${kuma.state}`,
        ...(onlyDownHere.length > 0 ? [`down only there: ${onlyDownHere.join(", ")}`] : []),
        `heard ${relative(heardAt)}`,
      ];
      return [`  ${name}`, paint(isHeard && kuma.state === "ready" ? "green" : "yellow", parts.join("; "))];
    });
  const alone = members.find(({ isThis }) => isThis)?.onlyDownHere ?? [];
  return [
    [
      "other instances",
      members.length === 1 ? paint("yellow", "none heard yet") : String(members.length - 1),
    ],
    ...lines,
    ...(alone.length > 0 ? [["down only here", paint("yellow", alone.join(", "))]] : []),
    ...withheld.map(({ name, kind, why, ...since }) => [
      "withheld",
      paint("yellow", `${name} is ${kind}, for ${formatDuration(since.for)}: ${why}`),
    ]),
    ...unreached.map(({ message, advice }) => ["not reached", paint("yellow", `${message} ${advice}`)]),
  ];
}

function describeLag({ agreement, lag }: NonNullable<Status["fleet"]>["members"][number]): string {
  if (agreement === "unknown") return "agreement not known";
  return agreement === "agrees" ? "up to date" : `behind for ${formatDuration(lag ?? 0)}`;
}

function describeSnapshot({
  snapshotId,
  at,
  changes,
}: {
  snapshotId: string;
  at: number;
  changes?: string | undefined;
}) {
  const what = changes === undefined ? "" : `: ${changes}`;
  return `snapshot ${shortId(snapshotId)}, ${relative(at)}${what}`;
}

function describeView({ role, instance, head }: Status, { position, isEdited, bash }: View): string[][] {
  if (!position.ok)
    return [
      ["repository", paint("red", position.problem.message)],
      ["  do this", position.problem.advice],
    ];
  if (position.value === undefined) return [["repository", describeNone(head, bash)]];
  const { primary } = position.value;
  const isThis = primary.id === instance.id ? " (this instance)" : "";
  return [
    ["repository", describeAgreement(position.value)],
    ["live", describeEdits(role, isEdited)],
    ["published by", `${primary.name}${isThis}, since ${formatTime(primary.since)}`],
  ];
}

/** Of a repository without a snapshot of ours. */
function describeNone(head: string | undefined, bash: BashSnapshot | undefined): string {
  if (bash !== undefined && (head === undefined || isOfBash(head))) {
    const name = `latest snapshot ${shortId(bash.id)} of the bash version on ${JSON.stringify(bash.instanceName)}, ${relative(bash.time)}`;
    const isHere = head?.endsWith(bash.id);
    return isHere ? paint("green", `up to date: ${name}`) : paint("yellow", `not applied here: ${name}`);
  }
  return head === undefined
    ? paint("yellow", "nothing is published yet")
    : paint("red", `has no snapshot any more; this instance is at ${shortId(head)}`);
}

function describeAgreement({ latest, behind, behindSince }: RepositoryPosition): string {
  const name = `latest snapshot ${shortId(latest.id)}, ${relative(latest.time)}`;
  if (behind === 0) return paint("green", `up to date: ${name}`);
  if (behind === undefined) return paint("yellow", `not on any snapshot of the repository; ${name}`);
  const lag = behindSince === undefined ? "" : ` for ${formatDuration(Date.now() - behindSince)}`;
  return paint("yellow", `${behind} behind${lag}; ${name}`);
}

function describeEdits(role: Status["role"], isEdited: boolean | undefined): string {
  if (isEdited === undefined) return "not compared";
  if (!isEdited) return paint("green", "equal to its snapshot");
  return paint(
    "yellow",
    role === "primary"
      ? "has changes that are not published yet: `diff` shows them"
      : "was changed here, until the next snapshot: `diff` shows what",
  );
}
