import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex, Readable, Writable } from "node:stream";
import { killTree } from "../../src/pid1/kill-tree.ts";
import { LabError } from "./install/lab-error.ts";
import { onPath } from "./install/on-path.ts";

const COMMANDS = ["chromium", "chromium-browser", "google-chrome"];

/** None of these reaches out by itself; as root, Chromium runs without its sandbox only. */
const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
  ...["--disable-background-networking", "--disable-component-update", "--hide-scrollbars"],
  "--remote-debugging-pipe",
];

/** How long the browser may take for one command, milliseconds. */
const COMMAND_LIMIT = 30_000;

type Message = {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { message: string };
};

/** One page of a real browser: https://chromedevtools.github.io/devtools-protocol/. */
export interface Browser {
  /** Sends a command to the page; throws a LabError when the browser refuses or takes too long. */
  send<T = unknown>(method: string, params?: object): Promise<T>;
  /** The params of all events of that name so far. */
  seen<T = unknown>(method: string): T[];
  close(): Promise<void>;
}

/** Where a browser is that can be used, or undefined. */
export function findBrowser(): string | undefined {
  return COMMANDS.map(onPath).find((path) => path !== undefined);
}

/** Starts a browser with an empty page and a profile of its own, which goes with it. */
export async function openBrowser(program: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), "browser-"));
  const child = spawn(program, [...FLAGS, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    detached: true,
  });
  const gone = once(child, "exit");
  const connection = connect(child);
  const close = async () => {
    if (child.pid !== undefined && child.exitCode === null) killTree(child.pid);
    await gone;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const { targetId } = await connection.send<{ targetId: string }>("Target.createTarget", {
      url: "about:blank",
    });
    const attach = { targetId, flatten: true };
    const { sessionId } = await connection.send<{ sessionId: string }>("Target.attachToTarget", attach);
    return {
      send: (method, params) => connection.send(method, params, sessionId),
      seen: connection.seen,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The protocol over two pipes: JSON messages, each ended by a zero byte. */
function connect(child: ChildProcess) {
  const toBrowser = child.stdio[3] as Writable & Duplex;
  const fromBrowser = child.stdio[4] as Readable & Duplex;
  const waiting = new Map<number, (message: Message) => void>();
  const events: Message[] = [];
  let lastId = 0;
  let rest = "";

  fromBrowser.setEncoding("utf8");
  fromBrowser.on("data", (text: string) => {
    const parts = (rest + text).split("\0");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const message: Message = JSON.parse(part);
      if (message.id === undefined) events.push(message);
      else waiting.get(message.id)?.(message);
    }
  });
  for (const pipe of [toBrowser, fromBrowser]) pipe.on("error", () => {});

  return {
    seen: <T>(method: string) =>
      events.filter((event) => event.method === method).map(({ params }) => params as T),
    send: <T>(method: string, params: object = {}, sessionId?: string): Promise<T> =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        const late = setTimeout(
          () => reject(new LabError(`The browser: no answer to ${method}.`)),
          COMMAND_LIMIT,
        );
        waiting.set(id, ({ result, error }) => {
          clearTimeout(late);
          waiting.delete(id);
          if (error === undefined) resolve(result as T);
          else reject(new LabError(`The browser refused ${method}: ${error.message}`));
        });
        toBrowser.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
      }),
  };
}
