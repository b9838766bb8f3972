import type { Case } from "../case.ts";
import { ending } from "./ending.ts";
import { inheritance } from "./inheritance.ts";
import { killing } from "./killing.ts";
import { longOrphans, orphans } from "./orphans.ts";
import { signals } from "./signals.ts";
import { starting } from "./starting.ts";
import { stopping } from "./stopping.ts";
import { surroundings } from "./surroundings.ts";

/** The whole table, in the order in which it is printed. */
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

export const LONG_CASES: readonly Case[] = longOrphans;
