import type { Problem } from "../result.ts";

/** What one check found. `warn`: it works, but needs attention. */
export interface Finding {
  readonly check: string;
  readonly status: "ok" | "warn" | "error";
  /** One sentence. */
  readonly message: string;
  /** What to do; of all but "ok". */
  readonly advice?: string;
}

export function ok(check: string, message: string): Finding {
  return { check, status: "ok", message };
}

export function warning(check: string, message: string, advice: string): Finding {
  return { check, status: "warn", message, advice };
}

export function failed(check: string, { message, advice }: Pick<Problem, "message" | "advice">): Finding {
  return { check, status: "error", message, advice };
}
