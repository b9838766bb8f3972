import type { Problem, Result } from "../../result.ts";
import type { DatabaseLocation } from "../location.ts";
import type { Rules } from "../own/rules.ts";
import type { Calls } from "./calls.ts";

export type CallName = keyof Calls;

/** One call, to the thread. */
export interface Request<Call extends CallName = CallName> {
  readonly id: number;
  /** Kuma may change its database at any of its starts. */
  readonly location: DatabaseLocation;
  /** A command may change the role at any time. */
  readonly rules: Rules | undefined;
  readonly call: Call;
  readonly args: Parameters<Calls[Call]>;
}

/** What came of it, from the thread. `defect`: what was thrown, which is nobody's intention. */
export type Answer =
  | { readonly id: number; readonly result: Result<unknown, Problem> }
  | { readonly id: number; readonly defect: Error };
