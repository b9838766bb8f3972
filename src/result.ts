/**
 * An expected failure, as a value: what went wrong, in one sentence, and what the person can do about it. Each folder
 * lists its codes in a union of its own.
 */
export interface Problem<Code extends string = string> {
  /** Stable, kebab-case; what code decides by. */
  readonly code: Code;
  /** One sentence that names the thing. Never contains a secret. */
  readonly message: string;
  /** What to do, one sentence. */
  readonly advice: string;
}

export type Result<T, P extends Problem = Problem> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: P };

export function success<T>(value: T): { ok: true; value: T } {
  return { ok: true, value };
}

export function failure<P extends Problem>(problem: P): { ok: false; problem: P } {
  return { ok: false, problem };
}

/** For what a shutdown or a person has ended before it was done. @param what a noun, the sentence's beginning */
export function interrupted(what: string): Problem<"interrupted"> {
  return {
    code: "interrupted",
    message: `${what} was interrupted.`,
    advice: "The next cycle or start goes on from here; a command is to be given again.",
  };
}
