import { execa } from "execa";
import type { KumaConfig } from "../config/index.ts";

/** A data folder may hold many files on a slow disk; past this Kuma is started all the same. Milliseconds. */
const LIMIT = 60_000;

/**
 * Gives the data folder to the user that Kuma runs as, as 1.23's own entrypoint does at each start: what root wrote
 * there while Kuma was stopped (its database's files, icons) would else be out of Kuma's reach.
 */
export async function chownDataDir({ user, dataDir }: KumaConfig): Promise<void> {
  if (user === undefined) return;
  await execa("chown", ["-hR", `${user.uid}:${user.gid}`, dataDir], {
    timeout: LIMIT,
    reject: false,
    stdio: "ignore",
  });
}
