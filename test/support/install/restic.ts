import { ensurePackages } from "./apt.ts";

/** Makes restic be there: from PATH, else by apt-get when we are root on Debian; else throws one clear sentence. */
export async function ensureRestic(): Promise<void> {
  await ensurePackages(["restic"]);
}
