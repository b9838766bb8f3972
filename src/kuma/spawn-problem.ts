import { existsSync } from "node:fs";
import type { KumaConfig } from "../config/index.ts";
import type { Problem } from "../result.ts";

/** A program that cannot be run at all: trying again will not help. The exit codes are the shell's. */
export interface SpawnProblem extends Problem {
  readonly code: "kuma-not-found" | "kuma-not-executable";
  readonly exitCode: 127 | 126;
}

/**
 * Why Kuma could not be started.
 * @param code what the operating system said, such as ENOENT
 */
export function explainSpawn(kuma: KumaConfig, code: string | undefined): SpawnProblem {
  if (!existsSync(kuma.dir)) {
    return {
      code: "kuma-not-found",
      exitCode: 127,
      message: `Kuma's folder ${kuma.dir} does not exist.`,
      advice: "Set KUMA_DIR to the folder that holds Kuma's server/server.js.",
    };
  }
  if (code === "EACCES") {
    return {
      code: "kuma-not-executable",
      exitCode: 126,
      message: `Kuma's command ${kuma.command[0]} may not be executed.`,
      advice: "Make it executable, or set KUMA_COMMAND to a program that is.",
    };
  }
  return {
    code: "kuma-not-found",
    exitCode: 127,
    message: `Kuma's command ${kuma.command[0]} cannot be started (${code ?? "no reason given"}).`,
    advice: "Set KUMA_COMMAND to a program that exists; the default is: node server/server.js",
  };
}
