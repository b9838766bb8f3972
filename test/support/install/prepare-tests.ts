import { ensurePackages } from "./apt.ts";
import { ensureBuilt } from "./build.ts";
import { ensureKuma } from "./kuma.ts";
import { step } from "./progress.ts";
import { ensureRestic } from "./restic.ts";

/** What the tests stand on: the programs, a real Uptime Kuma, and our own program, built. Throws a LabError. */
export async function prepareTests(): Promise<void> {
  await ensureRestic();
  await ensurePackages(["rclone", "openssl", "mariadbd", "prometheus"]);
  await ensureKuma();
  await step("building", ensureBuilt);
}
