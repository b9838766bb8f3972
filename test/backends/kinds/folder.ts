import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { Backend } from "../backend.ts";

/** A folder that both instances see, such as a volume or a mounted disk. */
export const folderBackend: Backend = {
  name: "folder",
  open: async (folder) => {
    const disk = join(folder, "disk");
    const readOnly = join(folder, "read-only");
    for (const each of [disk, readOnly]) mkdirSync(each);
    // As a volume with `:ro`. A bind mount is read-only only once it is mounted again.
    await execa("mount", ["--bind", disk, readOnly]);
    await execa("mount", ["-o", "remount,bind,ro", readOnly]);
    const at = (place: string) => ({ RESTIC_REPOSITORY: join(place, "repository") });
    return {
      full: at(disk),
      readOnly: at(readOnly),
      mistakes: [
        {
          name: "another password",
          mode: "RESTORE",
          env: { ...at(disk), RESTIC_PASSWORD: "of-another-repository" },
          says: /The password does not open the restic repository/,
        },
        {
          name: "a folder that is not there",
          mode: "RESTORE",
          env: { RESTIC_REPOSITORY: join(disk, "missing") },
          says: /There is no restic repository where RESTIC_REPOSITORY points/,
        },
      ],
      whenReadOnly: /The restic repository may not be written to.*read-only file system/,
      // As when a disk is not mounted: its folder is there, and empty.
      whenAway: /The restic repository is gone/,
      away: async () => renameSync(join(disk, "repository"), join(disk, "away")),
      back: async () => renameSync(join(disk, "away"), join(disk, "repository")),
      close: async () => {
        await execa("umount", [readOnly]);
      },
    };
  },
};
