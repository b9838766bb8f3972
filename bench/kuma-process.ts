import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { childOf } from "../test/support/processes.ts";

/** Between two looks, milliseconds: well below anything that is measured with them. */
const LOOK_EVERY = 5;

/** Whether a Kuma answers as its real server does, at this moment. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path: "/api/entry-page", agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve(/"type":"(entryPage|statusPageMatchedDomain)"/.test(body)));
      response.on("error", () => resolve(false));
    });
    request.setTimeout(2_000, () => request.destroy());
    request.on("error", () => resolve(false));
  });
}

/** When it first answers, as `performance.now()`. */
export async function firstAnswer(port: number): Promise<number> {
  while (!(await answers(port))) await sleep(LOOK_EVERY);
  return performance.now();
}

/** When it answered last before it fell silent, as `performance.now()`. */
export async function lastAnswer(port: number): Promise<number> {
  for (let last = performance.now(); ; await sleep(LOOK_EVERY)) {
    const asked = performance.now();
    if (!(await answers(port))) return last;
    last = asked;
  }
}

/** All of it ends with PID 1, and that with us, however we end. */
const NAMESPACE = ["--pdeathsig", "KILL", "unshare", "--fork", "--pid", "--mount-proc", "--kill-child"];

/** Starts Kuma without us, as its own image does: PID 1 of a namespace of its own. */
export function startBareKuma(kumaDir: string, dataDir: string, port: number): ChildProcess {
  return spawn("setpriv", [...NAMESPACE, process.execPath, "server/server.js"], {
    cwd: kumaDir,
    stdio: "ignore",
    env: {
      PATH: process.env.PATH ?? "",
      DATA_DIR: `${dataDir}/`,
      UPTIME_KUMA_HOST: "127.0.0.1",
      UPTIME_KUMA_PORT: String(port),
      UPTIME_KUMA_DB_TYPE: "sqlite",
    },
  });
}

/** Ends a bare Kuma in order: SIGTERM, then its exit. Gives when the signal was sent, as `performance.now()`. */
export async function stopBareKuma(outer: ChildProcess): Promise<number> {
  const exited = once(outer, "exit");
  const pid = childOf(outer.pid ?? 0);
  if (pid === undefined) throw new Error("Kuma does not run");
  const asked = performance.now();
  process.kill(pid, "SIGTERM");
  await exited;
  return asked;
}
