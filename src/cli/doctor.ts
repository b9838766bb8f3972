import { type Config, type Role, redact } from "../config/index.ts";
import { askStatus, type Status } from "../control/index.ts";
import {
  checkClock,
  checkContent,
  checkDisk,
  checkFirstContact,
  checkNtfy,
  checkPatch,
  checkPermissions,
  checkPrimaries,
  checkRestic,
  type Finding,
  failed,
  ok,
  warning,
} from "../doctor/index.ts";
import { shortId } from "../format.ts";
import { chooseLatest } from "../replication/index.ts";
import type { SnapshotInfo } from "../repository/index.ts";
import { type Result, success } from "../result.ts";
import { version } from "../version.ts";
import { EXIT, newCommand, withAnyConfig } from "./command.ts";
import { download, listSnapshots, openSources, type Sources } from "./sources.ts";
import { paint, printJson, printLine, table } from "./terminal.ts";

/** Longer than restic needs for its own words about a server that is away, milliseconds. */
const REPOSITORY_LIMIT = 45_000;

const HELP = `
Checks what goes wrong in practice, and says for each that it is well, or what to do:
settings, the running instance, whether what a primary has can be published, restic,
repository and password, clock, permissions, disk, whether the latest snapshot fits this
Uptime Kuma, a second primary, the patch of the notifications, and the way to ntfy.
Changes nothing.

Exit codes:
  0  all is well, or there are only warnings
  1  at least one check failed
  2  wrong usage or wrong settings

Example:
  docker exec kuma replicator-kuma doctor`;

export function doctorCommand() {
  return newCommand("doctor", "Check what goes wrong in practice, and say what to do.", HELP)
    .option("--json", "for programs")
    .action(({ json }: { json?: boolean }) =>
      withAnyConfig(async (config) => {
        const findings = (await examine(config)).map((finding) => hidden(finding, config.secrets));
        if (json) printJson(findings);
        else printLine(table(findings.flatMap(toRows)));
        const isWell = findings.every(({ state }) => state !== "failure");
        return success(isWell ? EXIT.ok : EXIT.failed);
      }),
    );
}

/** What other programs said may hold what they were given. */
function hidden(finding: Finding, secrets: readonly string[]): Finding {
  const { message, advice } = finding;
  const told = { ...finding, message: redact(message, secrets) };
  return advice === undefined ? told : { ...told, advice: redact(advice, secrets) };
}

async function examine(config: Config): Promise<Finding[]> {
  const [replication, restic, patch, ntfy] = await Promise.all([
    // Without its settings there is none, and nothing more to be said of it.
    config.obstacles.length > 0 ? [] : checkReplication(config),
    checkRestic(config),
    checkPatch(config),
    checkNtfy(config),
  ]);
  return [
    ...checkSettings(config),
    restic,
    ...replication,
    checkPermissions(config),
    checkDisk(config),
    patch,
    ...ntfy,
  ];
}

async function checkReplication(config: Config): Promise<Finding[]> {
  const sources = openSources(config);
  const status = await askStatus(config.stateDir);
  const listed = await listSnapshots(sources, REPOSITORY_LIMIT);
  return [
    describeInstance(status),
    ...(await examineContent(sources, status.ok ? status.value.role : config.role)),
    ...(await checkRepository(sources, listed, status)),
  ];
}

function checkSettings({ warnings, obstacles }: Config): Finding[] {
  const wrong = [
    ...obstacles.map((problem) => failed("settings", problem)),
    ...(warnings.length > 0 ? [warning("settings", warnings.join(" "), "Correct the variable.")] : []),
  ];
  return wrong.length > 0 ? wrong : [ok("settings", "OK: nothing is wrong with them.")];
}

function describeInstance(status: Result<Status>): Finding {
  if (!status.ok) return failed("instance", status.problem);
  const { role, kuma, failing } = status.value;
  if (failing !== undefined) return failed("instance", failing.problem);
  if (kuma.state !== "ready")
    return warning(
      "instance",
      `Uptime Kuma ${kuma.version} is not ready: ${kuma.state}.`,
      "Its log says why; during a migration it takes minutes.",
    );
  if (status.value.version !== version)
    return warning(
      "instance",
      `The running Replicator Kuma is ${status.value.version}, this command ${version}.`,
      "Restart the container.",
    );
  return ok("instance", `Runs as ${role}, Uptime Kuma ${kuma.version} is ready.`);
}

/** What a replica has comes from its primary, and is examined there. */
async function examineContent({ database }: Sources, role: Role): Promise<Finding[]> {
  if (role !== "primary") return [];
  const content = await database.read();
  const examined = content.ok ? await database.examine(content.value) : content;
  return [examined.ok ? checkContent(examined.value) : failed("content", examined.problem)];
}

async function checkRepository(
  sources: Sources,
  listed: Result<SnapshotInfo[]>,
  status: Result<Status>,
): Promise<Finding[]> {
  if (!listed.ok) return [failed("repository", listed.problem)];
  const self = status.ok
    ? {
        id: status.value.instance.id,
        isPrimary: status.value.role === "primary",
        head: status.value.head,
      }
    : undefined;
  return [
    ok("repository", `Reached, the password opens it, ${listed.value.length} snapshots.`),
    ...(await checkLatest(sources, chooseLatest(listed.value), self)),
    checkPrimaries(listed.value, self),
    checkClock(listed.value),
  ];
}

/**
 * Downloads the latest snapshot, proves it whole, and sees whether it could be applied here, and would be.
 * @param self what is known of the running instance; `head`: what it has published or applied last
 */
async function checkLatest(
  sources: Sources,
  latest: SnapshotInfo | undefined,
  self: { readonly isPrimary: boolean; readonly head: string | undefined } | undefined,
): Promise<Finding[]> {
  const check = "latest snapshot";
  if (latest === undefined && self?.head !== undefined)
    return [
      failed(check, {
        message: `There is none any more, though this instance has published or applied ${shortId(self.head)}.`,
        advice: "Look whether RESTIC_REPOSITORY is right, and who has emptied the repository.",
      }),
    ];
  if (latest === undefined)
    return [warning(check, "Nothing is published yet.", "Start the primary, or wait for its first cycle.")];
  const snapshot = await download(sources, latest);
  if (!snapshot.ok) return [failed(check, snapshot.problem)];
  const { content, origin } = snapshot.value;
  const plan = await sources.database.plan(snapshot.value);
  if (!plan.ok) return [failed(check, plan.problem)];
  const versions = `of Uptime Kuma ${origin.kumaVersion}, and fits Uptime Kuma ${sources.kumaVersion} here`;
  const last = await sources.database.lastApply();
  const here = await sources.database.read();
  const isFirst = !self?.isPrimary && last.ok && last.value === undefined;
  return [
    ok(check, `Whole, ${versions}.`),
    ...(isFirst && here.ok ? [checkFirstContact(here.value, latest, content)] : []),
  ];
}

const MARKS = { ok: ["green", "ok"], warning: ["yellow", "warn"], failure: ["red", "FAILS"] } as const;

function toRows({ check, state, message, advice }: Finding): string[][] {
  const [style, mark] = MARKS[state];
  const rows = [[paint(style, mark), check, message]];
  return advice === undefined ? rows : [...rows, ["", "", `→ ${advice}`]];
}
