import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { inNamespace, isRunning } from "../pid-namespace.ts";

export interface KumaOptions {
  readonly kumaDir: string;
  readonly dataDir: string;
  readonly port: number;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** More environment. Without UPTIME_KUMA_DB_TYPE a Kuma 2 asks for it in its page. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What every Kuma here is given, with a supervisor or without. */
export function kumaEnvironment({
  dataDir,
  port,
  host = "127.0.0.1",
}: Pick<KumaOptions, "dataDir" | "port" | "host">) {
  return {
    PATH: process.env.PATH ?? "",
    DATA_DIR: `${dataDir}/`,
    UPTIME_KUMA_HOST: host,
    UPTIME_KUMA_PORT: String(port),
  };
}

/** Starts Kuma without us. @param isFirst as its own image does: PID 1 of a namespace */
export function startBareKuma(options: KumaOptions, isFirst = false): ChildProcess {
  const command: [string, ...string[]] = [process.execPath, "server/server.js"];
  const [program, ...args] = isFirst ? inNamespace(command) : command;
  const env = { ...kumaEnvironment(options), ...options.env };
  return spawn(program, args, { cwd: options.kumaDir, stdio: "ignore", env });
}

/** Kills a bare Kuma, and waits for its end. */
export async function killBareKuma(kuma: ChildProcess): Promise<void> {
  if (!isRunning(kuma)) return;
  kuma.kill("SIGKILL");
  await once(kuma, "exit");
}

/** Whether a Kuma of any version answers as its real server does: with an entry page that is not one of its setup. */
export function isKumaReady(port: number, host = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host, port, path: "/api/entry-page", agent: false }, (response) => {
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
