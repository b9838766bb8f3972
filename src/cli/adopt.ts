import { Option } from "commander";
import type { Config } from "../config/index.ts";
import { askStatus } from "../control/index.ts";
import { listUnknown } from "../diff/index.ts";
import { IS_PRIMARY, KEEPS_NOTHING, NOTHING_TO_ADOPT } from "../replication/index.ts";
import { failure, type Result, success } from "../result.ts";
import { type Content, describeChanges, type Snapshot } from "../snapshot/index.ts";
import { ALL_EXIT_CODES, type JsonOption, jsonOption, newCommand, withConfig } from "./command.ts";
import { finishWithout, runOnInstance } from "./operations.ts";
import { confirm, printSome } from "./preview.ts";
import { downloadWanted, openSources, type Sources } from "./sources.ts";
import { paint, printToStderr } from "./terminal.ts";

const EFFECT = "Uptime Kuma stops for about five seconds; from then on this replica follows the primary.";

const NOTHING: Content = { tables: [], files: [] };

interface Options extends JsonOption {
  readonly replace?: boolean;
  readonly keep?: boolean;
  readonly yes?: boolean;
}

export function adoptCommand() {
  return newCommand(
    "adopt",
    "Decide what becomes of this replica's own configuration when it follows a primary.",
    [
      "A new replica whose Uptime Kuma already has monitors of its own applies nothing until you decide what becomes of them. Without options this shows what the primary's latest snapshot would remove and add. With --replace it asks, and then the running instance stops Uptime Kuma, replaces its configuration with the snapshot, and starts it again.",
      "With --keep all that is here stays, with its history, as this replica's own, and the snapshot comes beside it: what both have is there twice. It needs REPLICATOR_LOCAL=true.",
      "`rollback` brings the old configuration back, until the next apply.",
      "REPLICATOR_ADOPT=replace does the same without asking, for unattended set-ups.",
      ALL_EXIT_CODES,
      {
        title: "Examples",
        commands: [
          "docker exec kuma-replica replicator-kuma adopt",
          "docker exec -it kuma-replica replicator-kuma adopt --replace",
          "docker exec kuma-replica replicator-kuma adopt --replace --yes",
          "docker exec -it kuma-replica replicator-kuma adopt --keep",
        ],
      },
    ],
  )
    .option("--replace", "replace what is here with the latest snapshot")
    .addOption(
      new Option("--keep", "keep what is here as its own, beside the latest snapshot").conflicts("replace"),
    )
    .option("-y, --yes", "do not ask")
    .addOption(jsonOption())
    .action((options: Options) => withConfig(options, (config) => adopt(config, options)));
}

async function adopt(config: Config, { replace, keep, yes, json }: Options): Promise<Result<number>> {
  if (keep && !config.local) return failure(KEEPS_NOTHING);
  const sources = openSources(config);
  const isNeeded = await checkNeed(config, sources);
  if (!isNeeded.ok) return isNeeded;
  if (!isNeeded.value) return finishWithout(NOTHING_TO_ADOPT, { json });
  const latest = await downloadWanted(sources, "latest");
  if (!latest.ok) return latest;
  const shown = await (keep ? showBeside : showInPlace)(sources, latest.value.snapshot);
  if (!shown.ok) return shown;
  if (!replace && !keep)
    return finishWithout(
      "Nothing was changed. Add --replace to do it, or --keep to keep what is here, too.",
      {
        json,
      },
    );
  const goOn = yes ? success(true) : await confirm(EFFECT);
  if (!goOn.ok) return goOn;
  const how = keep ? "keep" : "replace";
  return runOnInstance(config, { do: "adopt", how, snapshotId: latest.value.info.id }, { json });
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
async function showInPlace({ database }: Sources, snapshot: Snapshot): Promise<Result<void>> {
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

/** What stays, then what comes. A snapshot that cannot be applied here is told by the plan. */
async function showBeside({ database }: Sources, snapshot: Snapshot): Promise<Result<void>> {
  const plan = await database.plan(snapshot);
  if (!plan.ok) return plan;
  const live = await database.read();
  if (!live.ok) return live;
  printSome(listUnknown(live.value, NOTHING).map((what) => `${what} stays, as this replica's own`));
  printSome(listUnknown(snapshot.content, NOTHING).map((what) => `${what} added`));
  return success(undefined);
}
