import { dirname, join } from "node:path";
import { execa } from "execa";
import { onPath } from "../support/install/on-path.ts";
import { unpackDebian } from "../support/install/unpack-debian.ts";
import type { Restic } from "./backend.ts";

export function systemRestic(): Promise<Restic> {
  return resticIn(dirname(onPath("restic") ?? ""));
}

/** The newest that Debian has, or one line on why it cannot be had. */
export async function newestRestic(): Promise<Restic | { readonly missing: string }> {
  const unpacked = await unpackDebian("sid", ["restic"]);
  return "missing" in unpacked ? unpacked : resticIn(join(unpacked.root, "usr/bin"));
}

async function resticIn(path: string): Promise<Restic> {
  const { stdout } = await execa(join(path, "restic"), ["version"]);
  return { path, version: /^restic ([\d.]+)/.exec(stdout)?.[1] ?? "unknown" };
}
