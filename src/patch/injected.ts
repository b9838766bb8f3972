import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../package-root.ts";

function patchFile(name: string): string {
  return fileURLToPath(new URL(`patches/${name}`, packageRoot));
}

/** The module that is put into Kuma's tree. */
export function injectedModule(): Promise<Buffer> {
  return readFile(patchFile("replicator-kuma-notification.cjs"));
}

/** The program that sends a message through a patched notification file. */
export const SELF_TEST = patchFile("self-test.cjs");
