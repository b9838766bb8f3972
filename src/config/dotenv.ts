import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { failure, type Result, success } from "../result.ts";
import type { Environment } from "./environment.ts";
import type { SettingProblem } from "./mistake.ts";

/** The variables of `folder`/.env; none when there is no such file. Neither process.env nor any output is touched. */
export function readDotenv(folder: string): Result<Environment, SettingProblem> {
  const path = join(folder, ".env");
  try {
    return success(parse(readFileSync(path)));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return success({});
    return failure({
      code: "setting-unreadable",
      message: `The file ${path} cannot be read (${code}).`,
      advice: "Make it a file that this user may read, or remove it.",
    });
  }
}
