import type { KumaClient } from "./kuma-api.ts";
import type { KumaLists } from "./kuma-lists.ts";
import { answers } from "./kuma-shapes.ts";
import type { Call } from "./kuma-socket.ts";
import { monitorDefaults } from "./monitor-defaults.ts";

type Actions = Omit<KumaClient, "version" | "lists" | "isOpen" | "call" | "close">;

/** What a person does in the page, each as the calls that the page makes for it. */
export function actionsOf(call: Call, lists: KumaLists, version: string): Actions {
  const tell = async (event: string, ...args: unknown[]) => {
    await call(answers.nothing, event, ...args);
  };
  return {
    addMonitor: async (fields) =>
      (await call(answers.monitorID, "add", { ...monitorDefaults(version), ...fields })).monitorID,
    editMonitor: (id, changes) => tell("editMonitor", { ...lists.monitors.get(id), ...changes }),
    pauseMonitor: (id) => tell("pauseMonitor", id),
    resumeMonitor: (id) => tell("resumeMonitor", id),
    deleteMonitor: (id) => tell("deleteMonitor", id),
    addTag: async (name, color) => (await call(answers.tag, "addTag", { name, color, new: true })).tag.id,
    addMonitorTag: (tagId, monitorId, value) => tell("addMonitorTag", tagId, monitorId, value),
    addNotification: async (fields) =>
      (await call(answers.id, "addNotification", { isDefault: false, applyExisting: false, ...fields }, null))
        .id,
    addStatusPage: (title, slug) => tell("addStatusPage", title, slug),
    saveStatusPage: async (slug, changes, groups, icon) => {
      const { config } = await call(answers.statusPage, "getStatusPage", slug);
      await tell(
        "saveStatusPage",
        slug,
        { analyticsType: null, ...config, ...changes },
        icon ?? config.icon,
        groups,
      );
    },
    postIncident: async (slug, incident) =>
      (await call(answers.incident, "postIncident", slug, incident)).incident.id,
    addMaintenance: async (fields, monitorIds) => {
      const { maintenanceID } = await call(answers.maintenanceID, "addMaintenance", {
        ...maintenanceDefaults,
        ...fields,
      });
      await tell(
        "addMonitorMaintenance",
        maintenanceID,
        monitorIds.map((id) => ({ id })),
      );
      return maintenanceID;
    },
    changeSettings: async (changes) => {
      const { data } = await call(answers.settings, "getSettings");
      await tell("setSettings", { ...data, ...changes }, "");
    },
  };
}

const maintenanceDefaults = {
  description: "",
  active: true,
  intervalDay: 1,
  dateRange: [null, null],
  timeRange: [
    { hours: 2, minutes: 0 },
    { hours: 3, minutes: 0 },
  ],
  weekdays: [],
  daysOfMonth: [],
  cron: "",
  durationMinutes: 60,
  timezoneOption: "SAME_AS_SERVER",
};
