"use strict";

// Put here by `replicator-kuma patch`, taken away by `replicator-kuma patch --revert`.
// What else Kuma keeps in memory of its configuration, brought to what the database holds, as a start would.
// Not here, since Kuma reads it at each use: notifications, proxies, Docker hosts, remote browsers, status pages, groups,
// incidents. Nor its settings, which are never replicated.

exports.createReload = function createReload({
  R,
  server,
  client,
  StatusPage,
  Prometheus,
  apicache,
  ...kuma
}) {
  return {
    /** Of monitors that are another thing now, or gone. */
    forgetStatistics(ids) {
      for (const id of ids) {
        void kuma.UptimeCalculator?.remove(id);
        kuma.UptimeCacheList?.clearCache(id);
      }
    },

    async reload({ maintenance, tables }) {
      for (const id of maintenance) await reloadMaintenance(id);
      if (tables.includes("status_page") || tables.includes("status_page_cname"))
        await StatusPage.loadDomainMappingList();
      if (tables.includes("tag") || tables.includes("monitor_tag")) await renewLabels();
      apicache.clear();
    },

    /** Sends all lists to every page that is open and logged in. @param ids monitors whose history is another */
    async tellPages(ids) {
      const users = new Set([...server.io.sockets.sockets.values()].map(({ userID }) => userID));
      users.delete(undefined);
      users.delete(null);
      for (const userID of users) {
        const page = { userID };
        await server.sendMonitorList(page);
        await server.sendMaintenanceList(page);
        await client.sendNotificationList(page);
        await client.sendProxyList?.(page);
        await client.sendDockerHostList?.(page);
        await client.sendRemoteBrowserList?.(page);
        await StatusPage.sendStatusPageList(server.io, page);
        for (const id of ids) await client.sendHeartbeatList(page, id, true, true);
      }
    },
  };

  async function reloadMaintenance(id) {
    const former = server.maintenanceList[id];
    former?.stop();
    clearTimeout(former?.beanMeta?.durationTimeout);
    delete server.maintenanceList[id];
    const row = await R.findOne("maintenance", " id = ? ", [id]);
    if (row === null || row === undefined) return;
    server.maintenanceList[id] = row;
    await row.run();
  }

  /** From 2.1 on the tags are labels of the metrics, and which labels there are is decided once, at the start. */
  async function renewLabels() {
    if (Prometheus.length < 2 || typeof Prometheus.init !== "function") return;
    const { register } = require("prom-client");
    const former = register.getMetricsAsArray().filter(({ name }) => name.startsWith("monitor_"));
    const values = await Promise.all(former.map(async (metric) => (await metric.get()).values));
    for (const { name } of former) register.removeSingleMetric(name);
    await Prometheus.init();
    const labels = await labelMonitors();
    for (const [index, { name }] of former.entries())
      setValues(register.getSingleMetric(name), values[index], labels);
  }

  /** @returns the new labels by monitor */
  async function labelMonitors() {
    const labels = new Map();
    for (const monitor of Object.values(server.monitorList)) {
      if (monitor.prometheus === undefined) continue;
      monitor.prometheus = new Prometheus(monitor, await monitor.getTags());
      labels.set(monitor.id, monitor.prometheus.monitorLabelValues);
    }
    return labels;
  }

  /** What a metric said under the old labels it says under the new ones until the next heartbeat. */
  function setValues(metric, values, labels) {
    for (const { labels: before, value } of values) {
      const now = labels.get(before.monitor_id);
      const window = before.window === undefined ? {} : { window: before.window };
      if (now !== undefined) metric?.set({ ...now, ...window }, value);
    }
  }
};
