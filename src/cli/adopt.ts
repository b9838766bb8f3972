import type { Config } from "../config/index.ts";
import { askStatus } from "../control/index.ts";
import { listUnknown } from "../diff/index.ts";
import { IS_PRIMARY, NOTHING_TO_ADOPT } from "../replication/index.ts";
import { failure, type Result, success } from "../result.ts";
import { describeChanges, type Snapshot } from "../snapshot/index.ts";
import { ALL_EXIT_CODES, type JsonOption, jsonOption, newCommand, withConfig } from "./command.ts";
import { finishWithout, runOnInstance } from "./operations.ts";
import { confirm, printSome } from "./preview.ts";
import { downloadWanted, openSources, type Sources } from "./sources.ts";
import { paint, printToStderr } from "./terminal.ts";

const EFFECT = "Uptime Kuma stops for about five seconds; from then on this replica follows the primary.";

interface Options extends JsonOption {
  readonly replace?: boolean;
  readonly yes?: boolean;
}

export function adoptCommand() {
  return newCommand(
    "adopt",
    "Replace this replica's own configuration with the primary's, or show what that would do.",
    [
      "A new replica whose Uptime Kuma already has monitors of its own applies nothing until you decide what becomes of them. Without options this shows what the primary's latest snapshot would remove and add. With --replace it asks, and then the running instance stops Uptime Kuma, replaces its configuration with the snapshot, and starts it again.",
      "`rollback` brings the old configuration back, until the next apply.",
      "REPLICATOR_ADOPT=replace does the same without asking, for unattended set-ups.",
      ALL_EXIT_CODES,
      {
        title: "Examples",
        commands: [
          "docker exec kuma-replica replicator-kuma adopt",
          "docker exec -it kuma-replica replicator-kuma adopt --replace",
          "docker exec kuma-replica replicator-kuma adopt --replace --yes",
        ],
      },
    ],
  )
    .option("--replace", "replace what is here with the latest snapshot")
    .option("-y, --yes", "do not ask")
    .addOption(jsonOption())
    .action((options: Options) => withConfig(options, (config) => adopt(config, options)));
}

async function adopt(config: Config, { replace, yes, json }: Options): Promise<Result<number>> {
  const sources = openSources(config);
  const isNeeded = await checkNeed(config, sources);
  if (!isNeeded.ok) return isNeeded;
  if (!isNeeded.value) return finishWithout(NOTHING_TO_ADOPT, { json });
  const latest = await downloadWanted(sources, "latest");
  if (!latest.ok) return latest;
  const shown = await show(sources, latest.value.snapshot);
  if (!shown.ok) return shown;
  if (!replace) return finishWithout("Nothing was changed. Add --replace to do it.", { json });
  const goOn = yes ? success(true) : await confirm(EFFECT);
  if (!goOn.ok) return goOn;
  return runOnInstance(config, { do: "adopt", how: "replace", snapshotId: latest.value.info.id }, { json });
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
