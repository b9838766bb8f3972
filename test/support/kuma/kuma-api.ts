import { withinTime } from "../../../src/within-time.ts";
import { PATIENCE, waitFor } from "../wait.ts";
import { actionsOf } from "./kuma-actions.ts";
import { followLists, type KumaLists } from "./kuma-lists.ts";
import { answers } from "./kuma-shapes.ts";
import { askNeedsSetup, type Call, openSocket } from "./kuma-socket.ts";

/** The account of every Kuma in the lab. */
export const labAccount = { username: "admin", password: "Kuma-Lab-123" };

type Fields = Readonly<Record<string, unknown>>;

/** One logged-in connection to an Uptime Kuma, doing what a person does in its page. */
export interface KumaClient {
  readonly version: string;
  readonly lists: KumaLists;
  /** False once the connection ended, as when Kuma restarts; a new client is needed then. */
  isOpen(): boolean;
  /** Gives the new monitor's id. What is not named gets the page's defaults; times in seconds. */
  addMonitor(fields: Fields & { type: string; name: string }): Promise<number>;
  /** Changes the named fields and leaves the others as they are listed. */
  editMonitor(id: number, changes: Fields): Promise<void>;
  pauseMonitor(id: number): Promise<void>;
  resumeMonitor(id: number): Promise<void>;
  deleteMonitor(id: number): Promise<void>;
  addTag(name: string, color: string): Promise<number>;
  addMonitorTag(tagId: number, monitorId: number, value: string): Promise<void>;
  addNotification(fields: Fields & { type: string; name: string }): Promise<number>;
  addStatusPage(title: string, slug: string): Promise<void>;
  /** `icon` is a data URL of a PNG, or what the page has already; without it the icon stays. */
  saveStatusPage(
    slug: string,
    changes: Fields,
    groups: readonly StatusPageGroup[],
    icon?: string,
  ): Promise<void>;
  postIncident(slug: string, incident: { title: string; content: string; style: string }): Promise<number>;
  addMaintenance(
    fields: Fields & { title: string; strategy: string },
    monitorIds: readonly number[],
  ): Promise<number>;
  /** Changes Kuma's settings; the rest stays. */
  changeSettings(changes: Fields): Promise<void>;
  /** Any other call of Kuma's socket API; throws when Kuma answers `ok: false`. */
  call: Call;
  close(): void;
}

export interface StatusPageGroup {
  readonly name: string;
  readonly monitorList: readonly { readonly id: number }[];
}

export interface ConnectOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole way to the complete lists; 30,000 by default. */
  readonly timeout?: number;
}

/**
 * Connects to the Kuma at `url` (http://host:port), makes the lab's account when there is none yet (choosing SQLite
 * before, where 2.x asks for a database first), logs in, and gives the client once all lists are there.
 */
export function connectKuma(url: string, options: ConnectOptions = {}): Promise<KumaClient> {
  const signal = options.signal ?? new AbortController().signal;
  return withinTime(options.timeout ?? PATIENCE, signal, (limited) => connect(url, limited));
}

async function connect(url: string, signal: AbortSignal): Promise<KumaClient> {
  await chooseDatabase(url, signal);
  const { socket, call } = await openSocket(url, signal);
  try {
    const followed = followLists(socket);
    let version = "";
    socket.on("info", (info: unknown) => {
      const { data } = answers.info.safeParse(info);
      if (data !== undefined) version = data.version;
    });
    if (await askNeedsSetup(socket, signal))
      await call(answers.nothing, "setup", labAccount.username, labAccount.password);
    await call(answers.login, "login", { ...labAccount, token: "" });
    await followed.complete(signal);
    await waitFor("Uptime Kuma's version", () => version || undefined, { every: 50, signal });
    return {
      version,
      lists: followed.lists,
      isOpen: () => socket.connected,
      ...actionsOf(call, followed.lists, version),
      call,
      close: () => socket.close(),
    };
  } catch (error) {
    socket.close();
    throw error;
  }
}

async function entryPage(url: string, signal: AbortSignal): Promise<string> {
  const page = await fetch(`${url}/api/entry-page`, { signal });
  const { type } = (await page.json()) as { type: string };
  return type;
}

/** A fresh 2.x asks which database to use before anything else, then closes that server and opens its real one. */
export async function chooseDatabase(url: string, signal: AbortSignal): Promise<void> {
  if ((await entryPage(url, signal)) !== "setup-database") return;
  const body = JSON.stringify({ dbConfig: { type: "sqlite" } });
  await fetch(`${url}/setup-database`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
    signal,
  });
  const isReady = async () =>
    (await entryPage(url, signal).catch(() => "none")) === "entryPage" ? true : undefined;
  await waitFor("Uptime Kuma after the choice of its database", isReady, { signal });
}
