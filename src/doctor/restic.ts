import { createReadStream } from "node:fs";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import type { ResticConfig } from "../config/index.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** Milliseconds. */
const VERSION_LIMIT = 10_000;
/** The oldest release that everything here is tested with: Debian 12's. */
const OLDEST = [0, 14] as const;
/** What every restic reads. */
const SURELY_READ = "RESTIC_PASSWORD_FILE";

/** Whether restic is there, new enough, and reads the variables that are set for it. */
export async function checkRestic({ restic }: { readonly restic: ResticConfig }): Promise<Finding> {
  const check = "restic";
  const { stdout, failed: hasFailed } = await runRestic(restic, ["version"], VERSION_LIMIT);
  const version = /^restic (\d+)\.(\d+)\S*/.exec(stdout);
  if (hasFailed || version === null)
    return failed(check, {
      message: "The program restic cannot be started.",
      advice: "Install restic 0.14 or newer where PATH finds it.",
    });
  const [name, major, minor] = version;
  if (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1])
    return failed(check, {
      message: `${name} is too old.`,
      advice: "Install restic 0.14 or newer where PATH finds it.",
    });
  const unread = await findUnread(restic.env);
  if (unread.length > 0)
    return warning(
      check,
      `${name} does not read ${unread.join(", ")}: this release is too old for that.`,
      "Install a newer restic, or use REPLICATOR_RESTIC_OPTIONS (such as --cacert=/file), or the address (rest:https://user:password@host/).",
    );
  const helper = restic.env.RESTIC_PASSWORD_COMMAND
    ? " RESTIC_PASSWORD_COMMAND sees only restic's variables and those that REPLICATOR_RESTIC_ENV names."
    : "";
  return ok(check, `${name}.${helper}`);
}

/**
 * The variables that are set for restic and that its program does not even contain the names of: 0.14 knows nothing of
 * RESTIC_CACERT, which then has no effect, without a word.
 */
async function findUnread(env: ResticConfig["env"]): Promise<string[]> {
  // Those that end in a user's choice are put together by restic.
  const wanted = Object.keys(env).filter((name) => /^RESTIC_(?!AWS_ASSUME_ROLE)/.test(name));
  const program = await findProgram("restic", env.PATH ?? "");
  if (program === undefined) return [];
  const found = await findWords(program, [SURELY_READ, ...wanted]);
  // A script that starts restic says nothing about it.
  return found.has(SURELY_READ) ? wanted.filter((name) => !found.has(name)).sort() : [];
}

async function findProgram(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, name);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}

/** Which of these words a file contains; it is read in pieces. */
async function findWords(file: string, words: readonly string[]): Promise<Set<string>> {
  const longest = Math.max(...words.map(({ length }) => length));
  const found = new Set<string>();
  let end = "";
  for await (const piece of createReadStream(file, { encoding: "latin1", highWaterMark: 1 << 20 })) {
    const text = end + String(piece);
    for (const word of words) if (text.includes(word)) found.add(word);
    end = text.slice(-longest);
  }
  return found;
}

async function runRestic({ env, options = [] }: ResticConfig, args: readonly string[], limit: number) {
  const { stdout, failed: hasFailed } = await execa("restic", [...options, ...args], {
    env,
    extendEnv: false,
    stdin: "ignore",
    timeout: limit,
    reject: false,
  });
  return { stdout: stdout ?? "", failed: hasFailed };
}
