import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../package-root.ts";

function patchFile(name: string): string {
  return fileURLToPath(new URL(`patches/${name}`, packageRoot));
}

/** What a file that is put into Kuma's tree holds. @param file as it is called there */
export function injectedSource(file: string): Promise<Buffer> {
  return readFile(patchFile(basename(file)));
}

/** The program that sends a message through a patched notification file, and asks the module for live applies. */
export const SELF_TEST = patchFile("self-test.cjs");
