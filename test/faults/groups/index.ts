import type { Fault } from "../fault.ts";
import { alertsElsewhere } from "./alerts-elsewhere.ts";
import { alertsOnce } from "./alerts-once.ts";
import { alertsQuorum } from "./alerts-quorum.ts";
import { databaseFaults } from "./database.ts";
import { diskFaults } from "./disk.ts";
import { doesNotRunFaults } from "./does-not-run.ts";
import { killWhileApplying, killWhilePublishing } from "./kill.ts";
import { killOneFaults } from "./kill-one.ts";
import { goodLargeSnapshot } from "./large.ts";
import { lockFaults } from "./locks.ts";
import { killWithManyMonitors } from "./many.ts";
import { mariaDbFaults } from "./mariadb.ts";
import { peersThatFail } from "./peers.ts";
import { repositoryFaults } from "./repository.ts";
import { secretFaults } from "./secrets.ts";
import { snapshotFaults } from "./snapshot.ts";
import { stateFaults } from "./state.ts";
import { stopBusyKuma } from "./stop.ts";
import { togetherFaults } from "./together.ts";

/** Everything that is tried. */
export const faults: readonly Fault[] = [
  ...killWhileApplying,
  killWhilePublishing,
  stopBusyKuma,
  ...killOneFaults,
  ...diskFaults,
  ...repositoryFaults,
  ...lockFaults,
  ...snapshotFaults,
  goodLargeSnapshot,
  ...stateFaults,
  ...databaseFaults,
  killWithManyMonitors,
  ...togetherFaults,
  ...doesNotRunFaults,
  ...secretFaults,
  ...mariaDbFaults,
  peersThatFail,
  alertsOnce,
  alertsQuorum,
  ...alertsElsewhere,
];
