import { Gauge, type Registry } from "prom-client";
import type { Fleet, FleetMember } from "../peers/index.ts";

/** All instances as this one knows them, and its own messages that wait; `member` is their name, for `instance` is Prometheus' own label. */
export function registerFleet(registry: Registry, readFleet: () => Fleet): void {
  /** @param read undefined: not known, so left out */
  function gauge(name: string, help: string, read: (member: FleetMember) => number | undefined): void {
    new Gauge({
      name,
      help,
      labelNames: ["member"],
      registers: [registry],
      collect() {
        this.reset();
        for (const member of readFleet().members) {
          const value = read(member);
          if (value !== undefined) this.set({ member: member.name }, value);
        }
      },
    });
  }

  new Gauge({
    name: "replicator_fleet_info",
    help: "Always 1; the labels say what runs on an instance, as it said when it was last heard.",
    labelNames: ["member", "role", "version", "kuma_version", "snapshot"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, role, version, kuma, head = "" } of readFleet().members)
        this.set({ member: name, role, version, kuma_version: kuma.version, snapshot: head }, 1);
    },
  });
  gauge(
    "replicator_fleet_heard_timestamp_seconds",
    "When an instance was last heard by this one.",
    ({ heardAt }) => heardAt / 1_000,
  );
  gauge(
    "replicator_fleet_kuma_up",
    "Whether Uptime Kuma is ready there: 1, or 0. Left out for an instance that is not heard.",
    ({ isHeard, kuma }) => (isHeard ? Number(kuma.state === "ready") : undefined),
  );
  gauge(
    "replicator_fleet_snapshot_lag_seconds",
    "How long an instance has differed from the repository's latest snapshot; 0 when it agrees.",
    ({ isHeard, agreement, lag }) => (isHeard && agreement !== "unknown" ? (lag ?? 0) / 1_000 : undefined),
  );
  gauge(
    "replicator_fleet_down_alone",
    "Monitors that are down on this instance and on no other.",
    ({ isHeard, onlyDownHere }) => (isHeard ? onlyDownHere.length : undefined),
  );
  // Not by member: this instance alone knows why it waits.
  new Gauge({
    name: "replicator_alerts_withheld",
    help: "Messages of Uptime Kuma that this instance withholds now, until enough agree, or another one has sent them.",
    labelNames: ["kind"],
    registers: [registry],
    collect() {
      const { withheld } = readFleet().alerts;
      for (const kind of ["down", "up"] as const)
        this.set({ kind }, withheld.filter((each) => each.kind === kind).length);
    },
  });
}
