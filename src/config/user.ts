import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "./settings.ts";
import type { KumaConfig } from "./types.ts";

/**
 * The user that Kuma runs as, where its own image would change it: 1.23's entrypoint (extra/entrypoint.sh) gives the
 * data folder to PUID and PGID and runs Kuma as them; 2.x has no such script and ignores the two. Only root can.
 */
export function chooseUser(settings: Pick<Settings, "PUID" | "PGID">, kumaDir: string): KumaConfig["user"] {
  const { PUID, PGID } = settings;
  if (PUID === undefined && PGID === undefined) return undefined;
  if (process.getuid?.() !== 0 || !existsSync(join(kumaDir, "extra", "entrypoint.sh"))) return undefined;
  return { uid: PUID ?? 0, gid: PGID ?? 0 };
}
