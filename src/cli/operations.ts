import type { Config } from "../config/index.ts";
import { askFor, type Request } from "../control/index.ts";
import { type Result, success } from "../result.ts";
import {
  ALL_EXIT_CODES,
  EXIT,
  exitCodeFor,
  type JsonOption,
  jsonOption,
  newCommand,
  printProblems,
  withConfig,
} from "./command.ts";
import { previewRollback } from "./preview.ts";
import { previewPromotion } from "./preview-promotion.ts";
import { during } from "./progress.ts";
import { paint, printJson, printLine } from "./terminal.ts";

/** Looks at the repository, or publishes, at once. */
export function syncCommand() {
  return newCommand("sync", "Publish, or look for a snapshot, now.", [
    "A primary publishes what has changed, a replica looks for a snapshot and applies it: now, instead of at the next interval. Waits until it is done and says what happened.",
    "A snapshot that Uptime Kuma did not come up with, or that was rolled back by hand, is not taken again by itself; --retry takes it once more. Nor does a replica go back by itself to a snapshot that comes before what it has had, or a primary begin anew where its repository is empty or gone: --retry says that this is meant.",
    ALL_EXIT_CODES,
    {
      title: "Examples",
      commands: [
        "docker exec kuma replicator-kuma sync",
        "docker exec kuma-replica replicator-kuma sync --retry",
      ],
    },
  ])
    .option("--retry", "also what was refused here: a snapshot, or a repository that went back or is empty")
    .addOption(jsonOption())
    .action(({ retry = false, json }: { retry?: boolean } & JsonOption) =>
      withConfig({ json }, (config) => runOnInstance(config, { do: "sync", retry }, { json })),
    );
}

export function rollbackCommand() {
  return newCommand("rollback", "Undo the last apply.", [
    "Undoes the last apply, restore or import. It shows how old that is, what would change and what was edited since then, and asks; then the running instance stops Uptime Kuma, brings back the rows, icons and history that were changed, and starts it again. It works even when Uptime Kuma does not start. It goes one step back; `restore` on the primary goes further.",
    "What was added since then to something that is removed, such as a tag to a monitor, is removed with it. The history of monitors that come back is kept for 7 days after the apply.",
    "On a replica this snapshot is not applied again by itself (`sync --retry` does that); the next one is. On a primary the earlier configuration is published in the next cycle.",
    ALL_EXIT_CODES,
    {
      title: "Examples",
      commands: [
        "docker exec -it kuma-replica replicator-kuma rollback",
        "docker exec kuma-replica replicator-kuma rollback --yes",
      ],
    },
  ])
    .option("-y, --yes", "do not ask")
    .addOption(jsonOption())
    .action(({ yes = false, json }: { yes?: boolean } & JsonOption) =>
      withConfig({ json }, async (config) => {
        const shown = await previewRollback(config, yes);
        if (!shown.ok) return shown;
        return runOnInstance(config, { do: "rollback", changedAt: shown.value }, { json });
      }),
    );
}

interface PromoteOptions extends JsonOption {
  readonly asIs?: boolean;
  readonly shareLocal?: boolean;
  readonly yes?: boolean;
}

export function promoteCommand() {
  return newCommand("promote", "Make this instance the primary.", [
    "Makes this replica the primary, now: it applies the latest snapshot, publishes one of its own, and is edited and published from then on. The former primary does not publish over that, and says so; `demote` it when you can reach it.",
    "The role is kept across restarts, until REPLICATOR_MODE is changed. Set that, too, when you next have the container's settings at hand.",
    "--as-is takes over with what is here, and without the latest snapshot: when the repository cannot be read, or its latest snapshot is the trouble. It shows what that changes on every replica, and asks.",
    "With REPLICATOR_LOCAL=true it may have monitors and other entries of its own. It is not promoted before you say what becomes of them: delete those that shall not be everybody's, and --share-local publishes the others.",
    ALL_EXIT_CODES,
    {
      title: "Examples",
      commands: [
        "docker exec kuma-nyc replicator-kuma promote",
        "docker exec -it kuma-nyc replicator-kuma promote --as-is",
        "docker exec kuma-nyc replicator-kuma promote --as-is --yes",
      ],
    },
  ])
    .option("--as-is", "do not apply the latest snapshot first")
    .option("--share-local", "what was added here alone becomes everybody's")
    .option("-y, --yes", "do not ask; it is asked with --as-is")
    .addOption(jsonOption())
    .action(({ asIs = false, shareLocal = false, yes = false, json }: PromoteOptions) =>
      withConfig({ json }, async (config) => {
        const goOn = asIs ? await previewPromotion(config, yes) : success(true);
        return goOn.ok ? runOnInstance(config, { do: "promote", asIs, shareLocal }, { json }) : goOn;
      }),
    );
}

export function demoteCommand() {
  return newCommand("demote", "Make this instance a replica.", [
    "Makes this primary a replica, now: it publishes what is not published yet, and follows from then on. `promote` another instance, or nobody publishes.",
    "What cannot be published, because another instance is the primary by now or the repository is away, would be overwritten by the next snapshot: then it stays the primary and says what that is. --yes gives it up.",
    "The role is kept across restarts, until REPLICATOR_MODE is changed.",
    ALL_EXIT_CODES,
    { title: "Example", commands: ["docker exec kuma-fra replicator-kuma demote"] },
  ])
    .option("-y, --yes", "also when changes here cannot be published: they are given up")
    .addOption(jsonOption())
    .action(({ yes = false, json }: { yes?: boolean } & JsonOption) =>
      withConfig({ json }, (config) => runOnInstance(config, { do: "demote", discard: yes }, { json })),
    );
}

/**
 * Has the running instance do something and prints what happens: at once, or with `json` at the end.
 * @returns the exit code; why it failed is printed
 */
export async function runOnInstance(
  config: Config,
  request: Exclude<Request, { do: "status" }>,
  { json }: JsonOption,
): Promise<Result<number>> {
  const happened: string[] = [];
  const done = await during("Waiting for the running instance", () =>
    askFor(config.stateDir, request, (message) => {
      happened.push(message);
      if (!json) printLine(message);
    }),
  );
  if (!done.ok) {
    printProblems([done.problem], { json, happened }, config.secrets);
    return success(exitCodeFor(done.problem));
  }
  if (json) printJson({ ok: true, happened, now: done.value });
  else if (done.value !== "") printLine(paint("green", done.value));
  return success(EXIT.ok);
}

/** Prints that there is nothing to have the instance do. @returns the exit code */
export function finishWithout(message: string, { json }: JsonOption): Result<number> {
  if (json) printJson({ ok: true, happened: [], now: message });
  else printLine(message);
  return success(EXIT.ok);
}
