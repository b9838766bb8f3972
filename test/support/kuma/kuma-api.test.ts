import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ensureKuma } from "../install/kuma.ts";
import { freePort } from "../ports.ts";
import { waitFor } from "../wait.ts";
import { killBareKuma, startBareKuma } from "./bare-kuma.ts";
import { connectKuma } from "./kuma-api.ts";

test("the client does what a person does in Kuma's page, and its lists follow", async (t) => {
  const kumaDir = await ensureKuma();
  const port = await freePort();
  const dataDir = mkdtempSync(join(tmpdir(), "kuma-api-"));
  // No database is chosen by the environment, so on 2.x the client has to answer that page first.
  const kuma = startBareKuma({ kumaDir, dataDir, port });
  t.after(async () => {
    await killBareKuma(kuma);
    rmSync(dataDir, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    fetch(`${url}/api/entry-page`).then(
      (answer) => answer.ok || undefined,
      () => undefined,
    );
  await waitFor("Kuma's port", answers);

  const client = await connectKuma(url);
  t.after(() => client.close());
  const monitors = client.lists.monitors;
  const until = (what: string, isSo: () => boolean) =>
    waitFor(what, () => isSo() || undefined, { every: 20 });

  const id = await client.addMonitor({ type: "http", name: 'it\'s "one"; 🐻', url: `${url}/` });
  await until("added", () => monitors.get(id)?.active === true);
  await client.editMonitor(id, { name: "two\nlines", interval: 30 });
  await until("edited", () => monitors.get(id)?.name === "two\nlines" && monitors.get(id)?.interval === 30);
  await client.pauseMonitor(id);
  await until("paused", () => monitors.get(id)?.active === false);
  await client.resumeMonitor(id);
  await until("resumed", () => monitors.get(id)?.active === true);
  await until("a heartbeat", () => client.lists.heartbeats.get(id)?.at(-1)?.status === 1);

  await client.addMonitorTag(await client.addTag("prod", "#DC2626"), id, "eu");
  const notification = await client.addNotification({
    type: "webhook",
    name: "hook",
    webhookURL: `${url}/`,
    webhookContentType: "json",
  });
  await until("notified", () => client.lists.notifications.get(notification)?.name === "hook");
  const maintenance = await client.addMaintenance({ title: "night", strategy: "manual" }, [id]);
  await until("maintained", () => client.lists.maintenances.get(maintenance)?.title === "night");
  await client.addStatusPage("Page", "page");
  const pixel =
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  await client.saveStatusPage("page", { title: "My page" }, [{ name: "All", monitorList: [{ id }] }], pixel);
  await client.postIncident("page", { title: "Outage", content: "Soon", style: "danger" });
  await client.changeSettings({ checkUpdate: false });

  const second = await connectKuma(url);
  t.after(() => second.close());
  assert.deepEqual(
    second.lists.monitors.get(id)?.tags.map((tag) => [tag.name, tag.value]),
    [["prod", "eu"]],
  );
  const times = (lists: typeof client.lists) => lists.heartbeats.get(id)?.map(({ time }) => time);
  assert.deepEqual(times(second.lists), times(client.lists));
  const page = [...second.lists.statusPages.values()].find(({ slug }) => slug === "page");
  assert.equal(page?.title, "My page");
  const icon = await fetch(`${url}${page?.icon}`);
  assert.equal(icon.headers.get("content-type"), "image/png");

  await client.deleteMonitor(id);
  await until("deleted", () => !monitors.has(id));
  await assert.rejects(client.addStatusPage("Page", "page"), /Uptime Kuma refused addStatusPage/);
});
