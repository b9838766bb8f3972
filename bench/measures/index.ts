import type { Measure } from "../figure.ts";
import { alerts } from "./alerts.ts";
import { arrival } from "./arrival.ts";
import { change } from "./change.ts";
import { fleets } from "./fleet.ts";
import { gaps } from "./gap.ts";
import { heartbeats } from "./heartbeats.ts";
import { idle } from "./idle.ts";
import { mariaDb } from "./mariadb.ts";
import { monitoringGap } from "./monitoring-gap.ts";
import { peakMemory } from "./peak.ts";
import { requests } from "./requests.ts";
import { responsiveness } from "./responsiveness.ts";
import { scan } from "./scan.ts";
import { start } from "./start.ts";
import { writeLock } from "./write-lock.ts";

/** One after the other: none of them shares the machine. */
export const measures: readonly Measure[] = [
  ...gaps,
  monitoringGap,
  change,
  heartbeats,
  scan,
  mariaDb,
  writeLock,
  requests,
  arrival,
  ...fleets,
  alerts,
  start,
  peakMemory,
  responsiveness,
  idle,
];
