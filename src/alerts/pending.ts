import type { Verdict } from "../kuma/index.ts";
import type { Hold } from "./decide.ts";
import type { Told } from "./ledger.ts";
import type { Message } from "./message.ts";

/** What outlives a restart. Times are by the steady clock. */
export interface Kept {
  readonly clock: number;
  readonly told: readonly Told[];
  readonly withheld: readonly Message[];
}

/** A message that Kuma waits with, or that was withheld. */
export interface Pending {
  message: Message;
  /** "asking": others have not answered yet. "held": it is not time. */
  stage: "asking" | "held";
  hold: Hold;
  /** Of this instance, for its turn; undefined: others may go first. */
  claim: number | undefined;
  question: number;
  /** Until when others are asked; or before when it is not looked at again. */
  until: number;
  /** Kuma waits for the verdict. */
  answer: ((verdict: Verdict) => void) | undefined;
  /** The notifications that it would go to. */
  readonly asked: readonly string[];
  isSaving: boolean;
  /** It is on the disk, and Kuma has been told so. */
  isWithheld: boolean;
  /** From then on Kuma has certainly stored the heartbeat that a replay is about. */
  storedAt: number;
}
