import type * as z from "zod";
import type { Environment } from "./environment.ts";
import type { Mistake, SettingProblem } from "./mistake.ts";
import { type Settings, settingsSchema } from "./settings.ts";

/** Without these nobody knows how Kuma is to be started: another command or another user may do harm to its data. */
const KUMAS_START: ReadonlySet<string> = new Set(["KUMA_COMMAND", "PUID", "PGID"]);

/**
 * What a wrong value counts as, where the default would do more than a careful person: remove snapshots by another
 * policy than the one that was meant, or create a repository where there should be one.
 */
const CAREFUL: Readonly<Record<string, string>> = { REPLICATOR_KEEP: "off", REPLICATOR_INIT: "false" };

export interface ReadSettings {
  /** undefined when Kuma cannot be started with them. */
  readonly settings: Settings | undefined;
  /** Why not. */
  readonly problems: readonly SettingProblem[];
  /** What is wrong, but keeps nothing from starting. */
  readonly mistakes: readonly Mistake[];
}

/**
 * All settings that are ours. A wrong one is told and counts as unset, so that the monitoring runs, where that can be.
 */
export function readSettings(env: Environment): ReadSettings {
  const parsed = settingsSchema.safeParse(env);
  if (parsed.success) return { settings: parsed.data, problems: [], mistakes: [] };
  const { issues } = parsed.error;
  const isFatal = (issue: z.core.$ZodIssue) => KUMAS_START.has(nameOf(issue));
  const mistakes = issues.filter((issue) => !isFatal(issue));
  const replaced = Object.fromEntries(mistakes.map(nameOf).map((name) => [name, CAREFUL[name] ?? ""]));
  return {
    settings: settingsSchema.safeParse({ ...env, ...replaced }).data,
    problems: issues.filter(isFatal).map(explain),
    mistakes: mistakes.map((issue) => ({
      ...explain(issue),
      instead: `It counts as ${CAREFUL[nameOf(issue)] ?? "unset"}.`,
    })),
  };
}

function nameOf(issue: z.core.$ZodIssue): string {
  return issue.path.join(".");
}

function explain(issue: z.core.$ZodIssue): SettingProblem {
  const advice = issue.code === "custom" ? issue.params?.advice : undefined;
  return {
    code: "setting-invalid",
    message: `${nameOf(issue)} ${issue.message}.`,
    advice: typeof advice === "string" ? advice : "Correct it.",
  };
}
