import { fileURLToPath } from "node:url";
import { programFile } from "../support/paths.ts";

/** Who is PID 1. `node`: the negative control, a Node that just starts a child. */
export const COLUMNS = ["ours", "tini", "dumb-init", "node"] as const;

export type Column = (typeof COLUMNS)[number];

export const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

const SUPERVISOR = [process.execPath, programFile, "run"];

/** The command of PID 1 around a child's command. Ours takes the child from KUMA_COMMAND. */
export function wrap(column: Column, child: readonly string[]): readonly string[] {
  switch (column) {
    case "ours":
      return SUPERVISOR;
    case "tini":
      return ["tini", "--", ...child];
    case "dumb-init":
      return ["dumb-init", "--single-child", "--", ...child];
    case "node":
      return [process.execPath, fixture("programs/wait-for-child.mjs"), ...child];
  }
}
