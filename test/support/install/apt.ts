import { execa } from "execa";
import { LabError } from "./lab-error.ts";
import { withLock } from "./lock.ts";
import { onPath } from "./on-path.ts";
import { step } from "./progress.ts";

/** Milliseconds; a slow mirror takes a minute. */
const APT_TIMEOUT = 5 * 60_000;

/** Of commands that are not named like the package they are in. */
const PACKAGES: Readonly<Record<string, string>> = { mariadbd: "mariadb-server", ip: "iproute2" };

/**
 * Makes the commands be there: from PATH, else by apt-get when we are root on Debian. Throws a LabError that says what
 * to install when neither works.
 */
export async function ensurePackages(commands: readonly string[]): Promise<void> {
  const missing = () =>
    commands
      .filter((command) => onPath(command) === undefined)
      .map((command) => PACKAGES[command] ?? command);
  if (missing().length === 0) return;
  const apt = onPath("apt-get");
  if (process.getuid?.() !== 0 || apt === undefined)
    throw new LabError(
      `Not found: ${missing().join(", ")}. Install it (on Debian: apt-get install ${missing().join(" ")}) and start again.`,
    );
  await withLock("apt", async () => {
    const wanted = missing();
    if (wanted.length > 0)
      await step(`installing ${wanted.join(", ")} (apt-get)`, () => install(apt, wanted));
  });
}

async function install(apt: string, packages: readonly string[]): Promise<void> {
  const options = { timeout: APT_TIMEOUT, all: true, env: { DEBIAN_FRONTEND: "noninteractive" } } as const;
  // The lists of a fresh machine are empty or old. A mirror that fails here may still have what is needed.
  await execa(apt, ["update"], { ...options, reject: false });
  const done = await execa(apt, ["install", "--yes", "--no-install-recommends", ...packages], {
    ...options,
    reject: false,
  });
  if (done.exitCode !== 0)
    throw new LabError(
      `apt-get could not install ${packages.join(", ")}:\n${done.all.split("\n").slice(-8).join("\n")}`,
    );
}
