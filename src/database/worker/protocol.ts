import type { Problem, Result } from "../../result.ts";
import type { DatabaseLocation } from "../location.ts";
import type { KumaSurroundings } from "../open.ts";
import type { Calls } from "./calls.ts";

export type CallName = keyof Calls;

/** One call, to the thread. */
export interface Request<Call extends CallName = CallName> {
  readonly id: number;
  /** Kuma may change its database at any of its starts. */
  readonly location: DatabaseLocation;
  /** Their rules change with the role, which a command may change at any time. */
  readonly surroundings: KumaSurroundings;
  readonly call: Call;
  readonly args: Parameters<Calls[Call]>;
}

/** What came of it, from the thread. `defect`: what was thrown, which is nobody's intention. */
export type Answer =
  | { readonly id: number; readonly result: Result<unknown, Problem> }
  | { readonly id: number; readonly defect: Error };
