import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** A file of patches/, beside src/ as well as beside dist/: both hold this module two levels below the package's root. */
function patchFile(name: string): string {
  return fileURLToPath(new URL(`../../patches/${name}`, import.meta.url));
}

/** The module that is put into Kuma's tree. */
export function injectedModule(): Promise<Buffer> {
  return readFile(patchFile("replicator-kuma-notification.cjs"));
}

/** The program that sends a message through a patched notification file. */
export const SELF_TEST = patchFile("self-test.cjs");
