import type { KumaClient } from "../../test/support/kuma/kuma-api.ts";
import type { Targets } from "./targets.ts";

/** As long as a MariaDB of the oldest Uptime Kuma 2 holds. */
const PUSH_TOKEN = "demoPushToken0123456";

/** One red pixel, as a browser would upload it. */
const ICON =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

export interface Populated {
  /** A monitor that is up and that nobody touches later: its history tells what a replica keeps. */
  readonly steadyMonitor: number;
}

/** Fills a fresh Kuma as a person would: some of everything that is replicated. */
export async function populate(kuma: KumaClient, targets: Targets): Promise<Populated> {
  // Nothing of the demo leaves the machine.
  await kuma.changeSettings({ checkUpdate: false, checkBeta: false });
  const hook = await kuma.addNotification({
    type: "webhook",
    name: "Demo webhook",
    isDefault: true,
    webhookURL: `${targets.url}/hook`,
    webhookContentType: "json",
  });
  await kuma.addNotification({
    type: "webhook",
    name: 'Second "hook"; 漢🐻',
    webhookURL: `${targets.url}/hook`,
    webhookContentType: "custom",
    webhookCustomBody: '{"text":"{{msg}}"}\n-- two\'',
  });
  const monitors = await addMonitors(kuma, targets, hook);
  const production = await kuma.addTag("production", "#DC2626");
  const region = await kuma.addTag("région: éü", "#059669");
  await kuma.addMonitorTag(production, monitors.home, "");
  await kuma.addMonitorTag(region, monitors.home, "eu-1");
  await kuma.addMonitorTag(production, monitors.tcp, "mail");

  await kuma.addStatusPage("Demo status", "demo");
  const groups = [
    { name: "Websites", monitorList: [{ id: monitors.home }, { id: monitors.keyword }] },
    { name: "Behind them", monitorList: [{ id: monitors.tcp }, { id: monitors.dns }] },
  ];
  const page = {
    title: "Demo <status>",
    description: "What the *demo* watches",
    theme: "dark",
    showTags: true,
  };
  await kuma.saveStatusPage("demo", page, groups, ICON);
  await kuma.postIncident("demo", {
    title: "A cable was cut",
    content: "We are\nlooking; into it",
    style: "warning",
  });
  await kuma.addMaintenance(
    { title: "Every night", strategy: "cron", cron: "30 3 * * *", description: "backups run" },
    [monitors.home, monitors.tcp],
  );
  return { steadyMonitor: monitors.home };
}

async function addMonitors(kuma: KumaClient, targets: Targets, hook: number) {
  const { url } = targets;
  const add = (type: string, name: string, fields: Record<string, unknown> = {}) =>
    kuma.addMonitor({ type, name, notificationIDList: { [hook]: true }, ...fields });
  const group = await add("group", "Websites");
  const home = await add("http", "Home page", {
    url: `${url}/`,
    parent: group,
    description: "multi\nline; 'quotes'",
  });
  const keyword = await add("keyword", "Home page says hello", {
    url: `${url}/`,
    keyword: "hello",
    parent: group,
  });
  const signIn = {
    url: `${url}/private`,
    authMethod: "basic",
    basic_auth_user: "demo",
    basic_auth_pass: "demo",
  };
  await add("http", "Sign-in", signIn);
  const bearer = { url: `${url}/private`, headers: '{\n  "Authorization": "Bearer demo"\n}' };
  await add("http", "API with a token 🐻", bearer);
  await add("json-query", "API version", {
    url: `${url}/json`,
    jsonPath: "service.version",
    expectedValue: "7",
  });
  const tcp = await add("port", "Mail server", { hostname: "127.0.0.1", port: targets.tcpPort });
  const name = { hostname: "kuma.test", dns_resolve_server: "127.0.0.1", port: targets.dnsPort };
  const dns = await add("dns", "Name server", name);
  await add("push", "Nightly job", { pushToken: PUSH_TOKEN, interval: 60 });
  // Port 9 of this machine: nobody serves it.
  await add("port", "Always down", { hostname: "127.0.0.1", port: 9 });
  await add("port", "Must stay closed", { hostname: "127.0.0.1", port: 9, upsideDown: true });
  await kuma.pauseMonitor(await add("http", "Paused", { url: `${url}/` }));
  return { home, keyword, tcp, dns };
}

/**
 * Reports the nightly job to every instance, now and each half minute, as a job would have to when it is watched by
 * several: a push reaches only the instance that it is sent to. Gives what ends it.
 */
export function pushEverywhere(urls: readonly string[]): () => void {
  const push = () => {
    // An instance that is just restarting misses one, and gets the next.
    for (const url of urls)
      fetch(`${url}/api/push/${PUSH_TOKEN}?status=up&msg=OK`, { signal: AbortSignal.timeout(5_000) }).catch(
        () => undefined,
      );
  };
  push();
  const timer = setInterval(push, 30_000);
  return () => clearInterval(timer);
}
