import path from "node:path";
import { type Command, Option } from "commander";
import type { PatchResult, TreePlan } from "../patch/index.ts";
import { EXIT, exitCodes, type JsonOption, jsonOption, newCommand, printProblems } from "./command.ts";
import { printJson, printRaw } from "./terminal.ts";

interface Options extends JsonOption {
  readonly check?: boolean;
  readonly revert?: boolean;
}

/** What was found or done; the words of the command, for people and for programs. */
type State = "patched" | "patchable" | "already patched" | "not patched, nothing to revert" | "reverted";

/** The command `patch KUMA_DIR [--check] [--revert]`. Sets process.exitCode; ends the process only for wrong usage. */
export function patchCommand(): Command {
  return newCommand("patch", "Make every message of an Uptime Kuma begin with the name of its instance.", [
    "Run it when the image is built. It adds five files to Kuma's tree and four lines to server/notification.js, through which every message passes (up, down, certificate and domain expiry, the Test button); each then begins with \"[NAME] \". NAME is REPLICATOR_INSTANCE_NAME, else the host's name, read when a message is sent. And the supervisor can change the configuration of Kuma while it runs.",
    "Without options it patches, prints the diff, and verifies the result: the files parse, and a message sent through them comes out with the prefix. If anything is not as expected, it says what, and leaves the files as they were.",
    exitCodes([0, 1, 2], {
      0: "done, or nothing to do (patching twice changes nothing)",
      1: "failed, or this Kuma cannot be patched",
      2: "wrong use",
    }),
    {
      title: "Examples",
      terms: [
        ["replicator-kuma patch /app", "patch"],
        ["replicator-kuma patch /app --check", "patched, patchable, or why not; changes nothing"],
        ["replicator-kuma patch /app --revert", "restore the original, byte for byte"],
      ],
    },
  ])
    .argument("<KUMA_DIR>", "Uptime Kuma's folder, the one that holds package.json and server/")
    .addOption(
      new Option("--check", "print whether it is patched, patchable or neither; change nothing").conflicts(
        "revert",
      ),
    )
    .option("--revert", "restore Kuma's original files")
    .addOption(jsonOption())
    .action(async (dir: string, options: Options) => {
      process.exitCode = await run(path.resolve(dir), options);
    });
}

async function run(kumaDir: string, { check, revert, json }: Options): Promise<number> {
  const { patchTree, planPatch, revertTree, unifiedDiff } = await import("../patch/index.ts");
  const report = (result: PatchResult<TreePlan>, [unchanged, changed]: readonly [State, State]): number => {
    if (!result.ok) {
      printProblems([result.problem], { json });
      return EXIT.failed;
    }
    const { changes, kumaVersion } = result.value;
    const state = changes.length === 0 ? unchanged : changed;
    const diff = check || changes.length === 0 ? "" : unifiedDiff(changes);
    if (json) printJson({ ok: true, state, kumaVersion, diff });
    else printRaw(`${diff}${state}: Uptime Kuma ${kumaVersion}\n`);
    return EXIT.ok;
  };
  if (check) return report(await planPatch(kumaDir), ["patched", "patchable"]);
  if (revert) return report(await revertTree(kumaDir), ["not patched, nothing to revert", "reverted"]);
  return report(await patchTree(kumaDir), ["already patched", "patched"]);
}
