import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { onPath } from "./install/on-path.ts";

/**
 * Puts a restic in front of the real one, which does something first.
 * @param folder gets a folder of the name `bin`
 * @param script lines of sh, with restic's arguments as "$@"; they may change these, or run another program in its place
 * @returns a value for PATH
 */
export function putInFrontOfRestic(folder: string, script: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const program = `#!/bin/sh\n${script}\nexec '${onPath("restic")}' "$@"\n`;
  writeFileSync(join(bin, "restic"), program, { mode: 0o755 });
  return `${bin}${delimiter}${process.env.PATH}`;
}
