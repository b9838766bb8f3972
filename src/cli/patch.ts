import path from "node:path";
import { Command, Option } from "commander";
import type { PatchResult, TreePlan } from "../patch/index.ts";

const HELP = `
Run it when the image is built. It adds one file to Kuma's tree and two lines to
server/notification.js, through which every message passes (up, down, certificate
and domain expiry, the Test button); each then begins with "[NAME] ".
NAME is REPLICATOR_INSTANCE_NAME, else the host's name, read when a message is sent.

Without options it patches, prints the diff, and verifies the result: the files
parse, and a message sent through them comes out with the prefix. If anything is
not as expected, it says what, and leaves the files as they were.

Exit codes:
  0  done, or nothing to do (patching twice changes nothing)
  1  failed, or this Kuma cannot be patched
  2  wrong usage

Examples:
  replicator-kuma patch /app            patch
  replicator-kuma patch /app --check    patched, patchable, or why not; changes nothing
  replicator-kuma patch /app --revert   restore the original, byte for byte
`;

interface PatchOptions {
  readonly check?: boolean;
  readonly revert?: boolean;
}

/** The command `patch KUMA_DIR [--check] [--revert]`. Sets process.exitCode; ends the process only for wrong usage. */
export function patchCommand(): Command {
  return new Command("patch")
    .description("Make every message of an Uptime Kuma begin with the name of its instance.")
    .argument("<KUMA_DIR>", "Uptime Kuma's folder, the one that holds package.json and server/")
    .addOption(
      new Option("--check", "print whether it is patched, patchable or neither; change nothing").conflicts(
        "revert",
      ),
    )
    .option("--revert", "restore Kuma's original files")
    .addHelpText("after", HELP)
    .showHelpAfterError()
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .action(async (dir: string, options: PatchOptions) => {
      process.exitCode = await run(path.resolve(dir), options);
    });
}

async function run(kumaDir: string, { check, revert }: PatchOptions): Promise<number> {
  const { patchTree, planPatch, revertTree, unifiedDiff } = await import("../patch/index.ts");
  if (check)
    return report(await planPatch(kumaDir), ({ changes }) =>
      changes.length === 0 ? "patched" : "patchable",
    );
  if (revert) {
    return report(await revertTree(kumaDir), ({ changes }) =>
      changes.length === 0 ? "not patched, nothing to revert" : `${unifiedDiff(changes)}reverted`,
    );
  }
  return report(await patchTree(kumaDir), ({ changes }) =>
    changes.length === 0 ? "already patched" : `${unifiedDiff(changes)}patched`,
  );
}

function report(result: PatchResult<TreePlan>, words: (plan: TreePlan) => string): number {
  if (!result.ok) {
    process.stderr.write(`replicator-kuma patch: ${result.problem.message}\n${result.problem.advice}\n`);
    return 1;
  }
  process.stdout.write(`${words(result.value)}: Uptime Kuma ${result.value.kumaVersion}\n`);
  return 0;
}
