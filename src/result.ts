/** An expected failure, as a value: what went wrong, in one sentence, and what the person can do about it. */
export interface Problem {
  /** Stable, kebab-case; what code decides by. */
  readonly code: string;
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
