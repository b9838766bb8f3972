import type { Case } from "../case.ts";
import { ending } from "./ending.ts";
import { inheritance } from "./inheritance.ts";
import { killing } from "./killing.ts";
import { longOrphans, orphanFigures, orphans } from "./orphans.ts";
import { signals } from "./signals.ts";
import { starting } from "./starting.ts";
import { stopping } from "./stopping.ts";
import { surroundings } from "./surroundings.ts";

/** What holds on any machine, in the order in which it is printed. */
export const CASES: readonly Case[] = [
  ...ending,
  ...signals,
  ...orphans,
  ...killing,
  ...stopping,
  ...starting,
  ...inheritance,
  ...surroundings,
];

/** Those that hold a figure: right on a machine with nothing else to do. */
export const FIGURE_CASES: readonly Case[] = orphanFigures;

export const LONG_CASES: readonly Case[] = longOrphans;
