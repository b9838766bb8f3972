import type { Socket } from "socket.io-client";
import * as z from "zod";
import { waitFor } from "../wait.ts";
import {
  type Heartbeat,
  heartbeatShape,
  listEvents,
  type Maintenance,
  type Monitor,
  type Notification,
  type StatusPage,
} from "./kuma-shapes.ts";

/** What Kuma's page would show the account, by id; always as Kuma sent it last. */
export interface KumaLists {
  readonly monitors: Map<number, Monitor>;
  readonly notifications: Map<number, Notification>;
  readonly statusPages: Map<number, StatusPage>;
  readonly maintenances: Map<number, Maintenance>;
  /** By monitor, oldest first: the last hundred from before the login, and all that came since. */
  readonly heartbeats: Map<number, Heartbeat[]>;
}

function replaceAll<T extends { id: number }>(map: Map<number, T>, items: readonly T[]): void {
  map.clear();
  for (const item of items) map.set(item.id, item);
}

/** Adds what is not there yet; one heartbeat may come both in the list after the login and by itself. */
function merge(map: Map<number, Heartbeat[]>, monitorId: number, beats: readonly Heartbeat[]): void {
  const known = map.get(monitorId) ?? [];
  const times = new Set(known.map(({ time }) => time));
  const all = [...known, ...beats.filter(({ time }) => !times.has(time))];
  map.set(
    monitorId,
    all.sort((a, b) => (a.time < b.time ? -1 : 1)),
  );
}

/** Keeps lists up to date from the socket's events. `complete` ends when all has come that follows a login. */
export function followLists(socket: Socket): {
  lists: KumaLists;
  complete(signal: AbortSignal): Promise<true>;
} {
  const lists: KumaLists = {
    monitors: new Map(),
    notifications: new Map(),
    statusPages: new Map(),
    maintenances: new Map(),
    heartbeats: new Map(),
  };
  const missing = new Set(Object.keys(listEvents));
  function follow<E extends keyof typeof listEvents>(
    event: E,
    take: (sent: z.output<(typeof listEvents)[E]>) => void,
  ): void {
    socket.on(event as string, (sent: unknown) => {
      take(listEvents[event].parse(sent) as z.output<(typeof listEvents)[E]>);
      missing.delete(event);
    });
  }
  follow("monitorList", (sent) => replaceAll(lists.monitors, Object.values(sent)));
  follow("notificationList", (sent) => replaceAll(lists.notifications, sent));
  follow("statusPageList", (sent) => replaceAll(lists.statusPages, Object.values(sent)));
  follow("maintenanceList", (sent) => replaceAll(lists.maintenances, Object.values(sent)));
  // 2.x sends one monitor after an edit, where 1.23 sends the whole list.
  socket.on("updateMonitorIntoList", (sent: unknown) => {
    for (const monitor of Object.values(listEvents.monitorList.parse(sent)))
      lists.monitors.set(monitor.id, monitor);
  });
  socket.on("deleteMonitorFromList", (id: unknown) => lists.monitors.delete(Number(id)));
  socket.on("heartbeatList", (monitorId: unknown, sent: unknown) =>
    merge(lists.heartbeats, Number(monitorId), z.array(heartbeatShape).parse(sent)),
  );
  socket.on("heartbeat", (sent: unknown) => {
    const beat = heartbeatShape.extend({ monitorID: z.number() }).parse(sent);
    merge(lists.heartbeats, beat.monitorID, [beat]);
  });
  const isComplete = () =>
    missing.size === 0 && [...lists.monitors.keys()].every((id) => lists.heartbeats.has(id));
  return {
    lists,
    complete: (signal) =>
      waitFor("Uptime Kuma's lists after the login", () => isComplete() || undefined, {
        every: 50,
        signal,
      }),
  };
}
