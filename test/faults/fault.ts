import type { Random } from "./random.ts";

/** One thing that can go wrong, tried again and again. */
export interface Fault {
  /** Number of the group that it belongs to; the table is sorted by it. */
  readonly group: number;
  readonly name: string;
  /** What is looked at after each round, for the table. */
  readonly checked: string;
  /** How many rounds make sense when `asked` are asked for. */
  readonly rounds: (asked: number) => number;
  /** Rounds until a fresh stage is built; a stage grows with each. */
  readonly roundsPerStage: number;
  /** Why it cannot be tried on this machine, if so. */
  readonly impossible?: () => string | undefined;
  /** Builds what the rounds happen on, in an empty folder. */
  open(folder: string): Promise<Stage>;
}

export interface Stage {
  /** One round; throws when something was lost. Gives what was hit, in a word or two, to be counted in the table. */
  round(random: Random, index: number): Promise<string | undefined>;
  close(): Promise<void>;
}
