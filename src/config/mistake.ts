import type { Problem } from "../result.ts";

export type SettingProblem = Problem<"setting-invalid" | "setting-missing" | "setting-unreadable">;

/** A setting that is wrong and keeps nothing from starting. */
export interface Mistake extends SettingProblem {
  /** What is done in its place, one sentence. */
  readonly instead: string;
}

/** What a setting comes to, and what of it could not be honoured. */
export interface Lenient<T> {
  readonly value: T;
  readonly mistakes: readonly Mistake[];
}

/** A mistake as the log and `doctor` tell it. */
export function describeMistake({ message, instead, advice }: Mistake): string {
  return `${message} ${instead} ${advice}`;
}
