import type { Socket } from "socket.io-client";
import { z } from "zod";
import { labAccount } from "../support/kuma/kuma-api.ts";
import { askNeedsSetup, openSocket } from "../support/kuma/kuma-socket.ts";
import { PATIENCE, waitFor } from "../support/wait.ts";

const LISTS = [
  ...["monitorList", "notificationList", "statusPageList", "maintenanceList", "proxyList"],
  "dockerHostList",
];

/** A page that is open and logged in, with the lists that it was sent last, word for word. */
export interface OpenPage {
  readonly lists: Readonly<Record<string, unknown>>;
  readonly isOpen: () => boolean;
  /** How often it has logged in. */
  close(): void;
}

export async function openPage(url: string): Promise<OpenPage> {
  const signal = AbortSignal.timeout(PATIENCE);
  const { socket, call } = await openSocket(url, signal);
  const lists = follow(socket);
  await askNeedsSetup(socket, signal);
  await call(z.object({ ok: z.literal(true) }), "login", { ...labAccount, token: "" });
  const isComplete = () => LISTS.every((name) => name in lists) || undefined;
  await waitFor("the lists after the login", isComplete, { every: 20, signal });
  return { lists, isOpen: () => socket.connected, close: () => socket.close() };
}

function follow(socket: Socket): Record<string, unknown> {
  const lists: Record<string, unknown> = {};
  for (const name of [...LISTS, "remoteBrowserList"])
    socket.on(name, (sent: unknown) => {
      lists[name] = sent;
    });
  // 2.x sends one monitor after a person's edit.
  socket.on("updateMonitorIntoList", (sent: object) => {
    lists.monitorList = { ...(lists.monitorList as object), ...sent };
  });
  return lists;
}

/** All that a Kuma shows of its configuration: the lists of its page, its status pages, and its metrics' labels. */
export async function observe(url: string, slugs: readonly string[], hosts: readonly string[]) {
  const page = await openPage(url);
  page.close();
  const text = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(`${url}${path}`, { headers })).text();
  const account = Buffer.from(`${labAccount.username}:${labAccount.password}`).toString("base64");
  const metrics = await text("/metrics", { authorization: `Basic ${account}` });
  return {
    lists: page.lists,
    icon: await text("/upload/logo1.png"),
    statusPages: await Promise.all(slugs.map((slug) => text(`/api/status-page/${slug}`))),
    entryPages: await Promise.all(hosts.map((host) => askEntryPage(url, host))),
    metrics: metrics
      .split("\n")
      // A push monitor has its first heartbeat only after its interval, a minute.
      .filter((line) => line.startsWith("monitor_") && !line.includes(`monitor_type="push"`))
      .map((line) => line.replace(/ [^ ]*$/, ""))
      .sort(),
  };
}

/** fetch does not send a Host of ours. */
async function askEntryPage(url: string, host: string): Promise<string> {
  const { request } = await import("node:http");
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/api/entry-page`, { headers: { host }, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        body += piece;
      });
      response.on("end", () => resolve(body));
    });
    asked.on("error", reject);
    asked.end();
  });
}
