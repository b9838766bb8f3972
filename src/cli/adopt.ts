import type { Config } from "../config/index.ts";
import { askStatus } from "../control/index.ts";
import { listUnknown } from "../diff/index.ts";
import { IS_PRIMARY, NOTHING_TO_ADOPT } from "../replication/index.ts";
import { failure, type Result, success } from "../result.ts";
import { describeChanges, type Snapshot } from "../snapshot/index.ts";
import { EXIT, EXIT_HELP, newCommand, withConfig } from "./command.ts";
import { confirm, printSome, printToStderr } from "./preview.ts";
import { runOnInstance } from "./run-on-instance.ts";
import { download, findSnapshot, listSnapshots, openSources, type Sources } from "./sources.ts";
import { paint, printJson, printLine } from "./terminal.ts";

const HELP = `
A new replica whose Uptime Kuma already has monitors of its own applies nothing until you
decide what becomes of them. Without options this shows what the primary's latest snapshot
would remove and add. With --replace it asks, and then the running instance stops Uptime
Kuma, replaces its configuration with the snapshot, and starts it again.
\`rollback\` brings the old configuration back, until the next apply.
REPLICATOR_ADOPT=replace does the same without asking, for unattended set-ups.
${EXIT_HELP}

Examples:
  docker exec kuma-replica replicator-kuma adopt
  docker exec -it kuma-replica replicator-kuma adopt --replace
  docker exec kuma-replica replicator-kuma adopt --replace --yes`;

const EFFECT = "Uptime Kuma stops for about five seconds; from then on this replica follows the primary.";

interface Options {
  readonly replace?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function adoptCommand() {
  return newCommand(
    "adopt",
    "Replace this replica's own configuration with the primary's, or show what that would do.",
    HELP,
  )
    .option("--replace", "replace what is here with the latest snapshot")
    .option("-y, --yes", "do not ask")
    .option("--json", "for programs")
    .action(({ replace = false, yes = false, json }: Options) =>
      withConfig(async (config) => {
        const sources = openSources(config);
        const isNeeded = await checkNeed(config, sources);
        if (!isNeeded.ok) return isNeeded;
        if (!isNeeded.value) return finish(NOTHING_TO_ADOPT, json);
        const listed = await listSnapshots(sources);
        if (!listed.ok) return listed;
        const info = findSnapshot(listed.value, "latest");
        if (!info.ok) return info;
        const snapshot = await download(sources, info.value);
        if (!snapshot.ok) return snapshot;
        const shown = await show(sources, snapshot.value);
        if (!shown.ok) return shown;
        if (!replace) return finish("Nothing was changed. Add --replace to do it.", json);
        const goOn = yes ? success(true) : await confirm(EFFECT);
        if (!goOn.ok) return goOn;
        return runOnInstance(config, { do: "adopt", how: "replace", snapshotId: info.value.id }, { json });
      }),
    );
}

/** False for an instance that follows already. */
async function checkNeed(config: Config, { database }: Sources): Promise<Result<boolean>> {
  const status = await askStatus(config.stateDir);
  if (!status.ok) return status;
  if (status.value.role === "primary") return failure(IS_PRIMARY);
  const last = await database.lastApply();
  return last.ok ? success(last.value === undefined) : last;
}

/** What goes, then what comes, by what things are: their ids mean nothing to each other yet. */
async function show({ database }: Sources, snapshot: Snapshot): Promise<Result<void>> {
  const plan = await database.plan(snapshot);
  if (!plan.ok) return plan;
  const live = await database.read();
  if (!live.ok) return live;
  printSome(listUnknown(live.value, snapshot.content).map((what) => `${what} removed`));
  printSome(listUnknown(snapshot.content, live.value).map((what) => `${what} added`));
  for (const note of plan.value.notes) printToStderr(note);
  const changes = plan.value.empty ? "nothing" : describeChanges(plan.value.changes);
  printToStderr(paint("bold", `This changes: ${changes}.`));
  return success(undefined);
}

function finish(message: string, json = false): Result<number> {
  if (json) printJson({ ok: true, happened: [], now: message });
  else printLine(message);
  return success(EXIT.ok);
}
