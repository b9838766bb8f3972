import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { failure, type Result, success } from "../result.ts";
import type { Environment } from "./environment.ts";
import type { SettingProblem } from "./mistake.ts";

/**
 * The text, white space around it cut off, of the file that the variable `name` points at (relative to `cwd`).
 * A problem when it cannot be read or holds nothing.
 */
export function readFileOf(name: string, env: Environment, cwd: string): Result<string, SettingProblem> {
  const path = env[name] ?? "";
  try {
    const text = readFileSync(resolve(cwd, path), "utf8").trim();
    if (text !== "") return success(text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return failure({
      code: "setting-unreadable",
      message: `${name} names ${described(path)}, which cannot be read (${code}).`,
      advice: "Name a file that exists and that this user may read.",
    });
  }
  return failure({
    code: "setting-unreadable",
    message: `${name} names ${described(path)}, which is empty.`,
    advice: "Put the value into that file.",
  });
}

/** A path. What does not look like one may be the secret itself, put where the name of its file belongs. */
function described(path: string): string {
  return /^\.{0,2}\//.test(path) ? path : "a file without a folder (not shown: it may be the secret itself)";
}
