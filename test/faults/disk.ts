import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa, execaSync } from "execa";

/** A small disk of its own on a folder: a tmpfs, which takes root. */
export interface Disk {
  /** Takes all space but so many bytes. */
  fillBut(bytes: number): void;
  /** Gives the space back. */
  free(): void;
  remove(): Promise<void>;
}

export function whyNoDisk(): string | undefined {
  return process.getuid?.() === 0 ? undefined : "a small disk can be made by root alone";
}

/** @param size in megabytes */
export async function mountDisk(folder: string, size: number): Promise<Disk> {
  mkdirSync(folder, { recursive: true });
  await execa("mount", ["-t", "tmpfs", "-o", `size=${size}m`, "tmpfs", folder]);
  const unmount = () => execaSync("umount", ["--lazy", folder], { reject: false });
  process.once("exit", unmount);
  const ballast = join(folder, ".ballast");
  return {
    fillBut: (bytes) => {
      const { bavail, bsize } = statfsSync(folder);
      try {
        writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - bytes)));
      } catch (error) {
        // Kuma writes, too: then there is less than asked for, which will do.
        if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
      }
    },
    free: () => rmSync(ballast, { force: true }),
    remove: async () => {
      process.off("exit", unmount);
      unmount();
    },
  };
}
