import type { Problem } from "../result.ts";

/** What one check found. `warning`: it works, but needs attention. */
export interface Finding {
  readonly check: string;
  readonly state: "ok" | "warning" | "failure";
  /** One sentence. */
  readonly message: string;
  /** What to do; of all but "ok". */
  readonly advice?: string;
}

export function ok(check: string, message: string): Finding {
  return { check, state: "ok", message };
}

export function warning(check: string, message: string, advice: string): Finding {
  return { check, state: "warning", message, advice };
}

export function failed(check: string, { message, advice }: Pick<Problem, "message" | "advice">): Finding {
  return { check, state: "failure", message, advice };
}
