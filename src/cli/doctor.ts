import { type Config, type Role, redact } from "../config/index.ts";
import { askStatus, type Status } from "../control/index.ts";
import { type DatabaseLocation, type KumaDatabase, openKumaDatabase } from "../database/index.ts";
import {
  checkAlerts,
  checkBashPrimary,
  checkClock,
  checkCommand,
  checkContent,
  checkDatabase,
  checkDisk,
  checkFirstContact,
  checkNtfy,
  checkOrphans,
  checkOwn,
  checkPatch,
  checkPermissions,
  checkPrimaries,
  checkProxy,
  checkRestic,
  checkSsh,
  checkTimeZone,
  type Finding,
  failed,
  ok,
  warning,
} from "../doctor/index.ts";
import { shortId } from "../format.ts";
import { readKumaVersion } from "../kuma/index.ts";
import type { BashSnapshot, Listing, SnapshotInfo } from "../repository/index.ts";
import { type Result, success } from "../result.ts";
import type { Content } from "../snapshot/index.ts";
import { version } from "../version.ts";
import { EXIT, exitCodes, type JsonOption, jsonOption, newCommand, withAnyConfig } from "./command.ts";
import { kumaPlace } from "./kuma-place.ts";
import { during } from "./progress.ts";
import { download, latestOf, listSnapshots, openSources, type Sources } from "./sources.ts";
import { paint, printJson, printTable } from "./terminal.ts";

/** Longer than restic needs to report that a server is away, milliseconds. */
const REPOSITORY_LIMIT = 45_000;

export function doctorCommand() {
  return newCommand("doctor", "Check what goes wrong in practice, and explain how to fix it.", [
    "Start here when something is wrong. Checks what goes wrong in practice, and prints for each point that it is ok, or what to do about it: settings, Uptime Kuma's database, the running instance, restic and what it is told, proxy, ssh, the repository and its password, whether a primary's configuration can be published, whether the latest snapshot fits this Uptime Kuma, a second primary, what keeps instances from telling one another of outages, clock, time zone, permissions, disk, history, the command of Uptime Kuma, the patch of the notifications, and ntfy. Changes nothing.",
    exitCodes([0, 1, 2], {
      0: "everything is ok, or there are only warnings",
      1: "at least one check found an error",
    }),
    {
      title: "Examples",
      commands: [
        "docker exec -t kuma replicator-kuma doctor",
        "docker exec kuma replicator-kuma doctor --json | jq '.[] | select(.status != \"ok\")'",
      ],
    },
  ])
    .addOption(jsonOption())
    .action(({ json }: JsonOption) =>
      withAnyConfig({ json }, async (config) => {
        const found = await during("Checking", () => examine(config));
        const findings = found.map((finding) => redactFinding(finding, config.secrets));
        if (json) printJson(findings);
        else printTable(findings.flatMap(toRows));
        const isWell = findings.every(({ status }) => status !== "error");
        return success(isWell ? EXIT.ok : EXIT.failed);
      }),
    );
}

/** The output of other programs may contain secrets that they were given. */
function redactFinding(finding: Finding, secrets: readonly string[]): Finding {
  const { message, advice } = finding;
  const redacted = { ...finding, message: redact(message, secrets) };
  return advice === undefined ? redacted : { ...redacted, advice: redact(advice, secrets) };
}

async function examine(config: Config): Promise<Finding[]> {
  const place = kumaPlace(config.kuma, readKumaVersion(config.kuma.dir));
  const location = place.locate();
  const kumaDatabase = openKumaDatabase(place);
  const patching = checkPatch(config);
  const [database, replication, restic, ssh, proxy, patch, ntfy, content] = await Promise.all([
    checkDatabase(location, kumaDatabase),
    // Without its settings there is no replication, and nothing more to check.
    config.obstacles.length > 0 ? [] : checkReplication(config, patching),
    checkRestic(config),
    checkSsh(config),
    checkProxy(config),
    patching,
    checkNtfy(config),
    inspect(config, kumaDatabase, location.ok ? location.value.engine : undefined),
  ]);
  return [
    ...checkSettings(config),
    restic,
    proxy,
    ...ssh,
    database,
    ...replication,
    ...content,
    checkPermissions(config, location.ok ? location.value : undefined),
    checkDisk(config),
    checkCommand(config),
    patch,
    ...ntfy,
  ];
}

/** What only a look into Kuma's database tells. @param engine undefined: it is not known where that is */
async function inspect(
  { kuma }: Config,
  database: Pick<KumaDatabase, "inspect">,
  engine: DatabaseLocation["engine"] | undefined,
): Promise<Finding[]> {
  if (engine === undefined || engine === "not-chosen") return [checkTimeZone(kuma, undefined)];
  const inspected = await database.inspect();
  if (!inspected.ok) return [failed("history", inspected.problem), checkTimeZone(kuma, undefined)];
  return [
    checkOrphans(inspected.value, readKumaVersion(kuma.dir), engine),
    checkTimeZone(kuma, inspected.value.zoneSetting),
  ];
}

async function checkReplication(config: Config, patch: Promise<Finding>): Promise<Finding[]> {
  const sources = openSources(config);
  const status = await askStatus(config.stateDir);
  const listed = await listSnapshots(sources, REPOSITORY_LIMIT);
  return [
    describeInstance(status),
    ...(await examineContent(sources, status.ok ? status.value.role : config.role)),
    ...(await examineOwn(sources, config, status.ok ? status.value.role : config.role)),
    ...(await checkRepository(sources, listed, status)),
    ...(listed.ok ? checkBashPrimary(listed.value) : []),
    ...checkAlerts(config, {
      isPatched: (await patch).status === "ok",
      fleet: status.ok ? status.value.fleet : undefined,
      content: config.peers?.alert === "quorum" ? await readContent(sources) : undefined,
    }),
  ];
}

function checkSettings({ warnings, obstacles }: Config): Finding[] {
  const wrong = [
    ...obstacles.map((problem) => failed("settings", problem)),
    ...(warnings.length > 0 ? [warning("settings", warnings.join(" "), "Correct the variable.")] : []),
  ];
  return wrong.length > 0 ? wrong : [ok("settings", "Nothing is wrong with them.")];
}

function describeInstance(status: Result<Status>): Finding {
  if (!status.ok) return failed("instance", status.problem);
  const { role, kuma, failing } = status.value;
  if (failing !== undefined) return failed("instance", failing.problem);
  if (kuma.state !== "ready")
    return warning(
      "instance",
      `Uptime Kuma ${kuma.version} is not ready: ${kuma.state}.`,
      "The log says why. A migration takes minutes.",
    );
  if (status.value.version !== version)
    return warning(
      "instance",
      `The running Replicator Kuma is ${status.value.version}, this command ${version}.`,
      "Restart the container.",
    );
  return ok("instance", `Runs as ${role}, Uptime Kuma ${kuma.version} is ready.`);
}

/** A replica's content comes from its primary, and is checked there. */
async function examineContent({ database }: Sources, role: Role): Promise<Finding[]> {
  if (role !== "primary") return [];
  const content = await database.read();
  const examined = content.ok ? await database.examine(content.value) : content;
  return [examined.ok ? checkContent(examined.value) : failed("content", examined.problem)];
}

async function examineOwn({ database }: Sources, config: Config, role: Role): Promise<Finding[]> {
  const own = await database.readOwn();
  return own.ok ? checkOwn(own.value, config, role) : [];
}

async function readContent({ database }: Sources): Promise<Content | undefined> {
  const content = await database.read();
  return content.ok ? content.value : undefined;
}

async function checkRepository(
  sources: Sources,
  listed: Result<Listing>,
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
  const { snapshots } = listed.value;
  return [
    ok("repository", `Reached, the password is right, ${snapshots.length} snapshots.`),
    ...(await checkLatest(sources, latestOf(listed.value), self)),
    checkPrimaries(snapshots, self),
    checkClock(snapshots),
  ];
}

/**
 * Downloads and verifies the latest snapshot, and checks whether it could be applied here, and would be.
 * @param self what is known of the running instance; `head`: what it has published or applied last
 */
async function checkLatest(
  sources: Sources,
  latest: SnapshotInfo | BashSnapshot | undefined,
  self: { readonly isPrimary: boolean; readonly head: string | undefined } | undefined,
): Promise<Finding[]> {
  const check = "latest snapshot";
  if (latest === undefined && self?.head !== undefined)
    return [
      failed(check, {
        message: `The repository has none any more, but this instance has published or applied ${shortId(self.head)}.`,
        advice: "Check RESTIC_REPOSITORY, and find out who has emptied the repository.",
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

const STYLES = { ok: "green", warn: "yellow", error: "red" } as const;

function toRows({ check, status, message, advice }: Finding): string[][] {
  const rows = [[paint(STYLES[status], status), check, message]];
  return advice === undefined ? rows : [...rows, ["", "", `→ ${advice}`]];
}
