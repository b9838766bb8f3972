import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { labFolder } from "../paths.ts";
import { withLock } from "./lock.ts";
import { step } from "./progress.ts";

const SCRIPT = fileURLToPath(new URL("unpack-debian.sh", import.meta.url));

/** Milliseconds; the list of a release and some 60 packages take a minute. */
const LIMIT = 15 * 60_000;

/**
 * A folder with packages of another Debian release, unpacked once into .lab/ and not installed.
 * @param options.whole with all that they need, as a root for chroot
 * @returns its path, or one line on why it cannot be had
 */
export async function unpackDebian(
  suite: string,
  packages: readonly string[],
  { whole = false } = {},
): Promise<{ readonly root: string } | { readonly missing: string }> {
  const root = join(labFolder, `${suite}-${packages.join("-")}`);
  return withLock(`unpack-${suite}-${packages.join("-")}`, async () => {
    if (existsSync(root)) return { root };
    const part = `${root}.part`;
    rmSync(part, { recursive: true, force: true });
    mkdirSync(part, { recursive: true });
    const args = [suite, part, ...(whole ? ["--whole"] : []), ...packages];
    const done = await step(`unpacking ${packages.join(", ")} of Debian's ${suite}`, () =>
      execa(SCRIPT, args, { timeout: LIMIT, reject: false, stdin: "ignore" }),
    );
    if (done.failed)
      return { missing: done.stderr.split("\n").at(-1) || `${packages.join(", ")}: not to be had` };
    renameSync(part, root);
    return { root };
  });
}
