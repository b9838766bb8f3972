import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { assertInvariant } from "../invariant.ts";
import { projectFolder } from "../paths.ts";
import { freePort } from "../ports.ts";
import { query } from "../rows.ts";
import { change } from "../source-data.ts";
import { PATIENCE, waitFor } from "../wait.ts";
import { isKumaReady, killBareKuma, kumaEnvironment } from "./bare-kuma.ts";

const MONITORS = 8;
/** Ids of the monitors begin here. */
const FIRST = 5_000;
const IDS = Array.from({ length: MONITORS }, (_, at) => FIRST + at);
const UP = 1;
/** A Kuma that takes as long has waited as long as it ever does, and has cut off what was not over; milliseconds. */
export const CUT_OFF_AFTER = 3_500;
/** The longest that a check waits for its answer, and a message for its; milliseconds. */
const LONGEST = { check: 600, message: 400 };

/** A real Kuma whose monitors are always in a check, go up and down, and tell that by a webhook. */
export interface BusyKuma {
  /**
   * Lets it run for a while once all monitors are checked, and ends it by SIGTERM. @returns how long the end took,
   * milliseconds
   */
  runAndStop(milliseconds: number): Promise<number>;
  /** Insists that each answered check has its heartbeat, and each change of state its message. @returns how many */
  assertNothingLost(): { readonly heartbeats: number; readonly messages: number };
  close(): Promise<void>;
}

/**
 * @param kuma.version whose database it begins with. @param folder is for its data and its log, kuma.log. @param random
 * gives numbers from 0 to below 1
 */
export async function openBusyKuma(
  kuma: { readonly dir: string; readonly version: string },
  folder: string,
  random: () => number,
): Promise<BusyKuma> {
  const answered = new Map<number, number>();
  const told = new Map<number, number>();
  const web = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const isMessage = request.url === "/hook";
    await sleep(random() * (isMessage ? LONGEST.message : LONGEST.check));
    const id = isMessage ? JSON.parse(body).monitor.id : Number(request.url?.slice(1));
    const counts = isMessage ? told : answered;
    response.once("finish", () => counts.set(id, (counts.get(id) ?? 0) + 1));
    response.statusCode = !isMessage && random() < 0.3 ? 500 : 200;
    response.end("{}");
  });
  web.listen(0, "127.0.0.1");
  await once(web, "listening");
  const dataDir = join(folder, "data");
  fill(dataDir, kuma.version, (web.address() as AddressInfo).port);
  const file = join(dataDir, "kuma.db");
  let running: ChildProcess | undefined;

  return {
    runAndStop: async (milliseconds) => {
      const before = new Map(answered);
      const port = await freePort();
      const child = start(kuma.dir, { dataDir, port, logFile: join(folder, "kuma.log") });
      running = child;
      const isReady = async () => {
        assertInvariant(child.exitCode === null, `Kuma ended with exit code ${child.exitCode}`);
        return (await isKumaReady(port)) || undefined;
      };
      await waitFor("Kuma", isReady, { every: 50 });
      const isChecked = () => IDS.every((id) => (answered.get(id) ?? 0) > (before.get(id) ?? 0)) || undefined;
      await waitFor("a check of each monitor", isChecked, { every: 20 });
      await sleep(milliseconds);
      const asked = performance.now();
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
      const [code] = await once(child, "exit");
      clearTimeout(late);
      assertInvariant(code === 0, `Kuma ended with ${code}`);
      const wal = `${file}-wal`;
      assertInvariant(!existsSync(wal), "Kuma has not closed its database: there is a WAL");
      return performance.now() - asked;
    },
    assertNothingLost: () => {
      let [heartbeats, messages] = [0, 0];
      for (const id of IDS) {
        const beats = query(file, "SELECT status FROM heartbeat WHERE monitor_id = ? ORDER BY id", id);
        const states = beats.map(({ status }) => Number(status));
        const changes = states.filter((state, at) => state !== (states[at - 1] ?? UP)).length;
        const [checks, rings] = [answered.get(id) ?? 0, told.get(id) ?? 0];
        assertInvariant(
          states.length === checks && changes === rings,
          `monitor ${id}: ${checks} checks and ${states.length} heartbeats, ${changes} changes of state and ${rings} messages`,
        );
        heartbeats += states.length;
        messages += rings;
      }
      return { heartbeats, messages };
    },
    close: async () => {
      if (running !== undefined) await killBareKuma(running);
      web.close();
      web.closeAllConnections();
    },
  };
}

function fill(dataDir: string, version: string, port: number): void {
  mkdirSync(dataDir, { recursive: true });
  copyFileSync(join(projectFolder, `test/fixtures/kuma-dbs/${version}.db`), join(dataDir, "kuma.db"));
  const hook = JSON.stringify({
    ...{ name: "hook", type: "webhook", webhookContentType: "json" },
    webhookURL: `http://127.0.0.1:${port}/hook`,
  });
  change(dataDir, [
    "DELETE FROM monitor",
    "DELETE FROM heartbeat",
    "DELETE FROM maintenance",
    `UPDATE notification SET config = '${hook}', active = 1 WHERE id = 1`,
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${MONITORS - 1})
     INSERT INTO monitor (id, name, type, url, active, user_id, interval, retry_interval, maxretries, timeout, method, accepted_statuscodes_json)
     SELECT ${FIRST} + i, 'm' || i, 'http', 'http://127.0.0.1:${port}/' || (${FIRST} + i), 1, 1, 1, 1, 0, 10, 'GET', '["200-299"]' FROM n`,
    "INSERT INTO monitor_notification (monitor_id, notification_id) SELECT id, 1 FROM monitor",
  ]);
}

function start(
  dir: string,
  { dataDir, port, logFile }: { dataDir: string; port: number; logFile: string },
): ChildProcess {
  // Kuma sleeps 0.3 to 1 s after each monitor that it starts: here always the shortest.
  const NODE_OPTIONS = "--import=data:text/javascript,Math.random=()=>0";
  const env = {
    ...kumaEnvironment({ dataDir, port }),
    UPTIME_KUMA_DB_TYPE: "sqlite",
    TZ: "UTC",
    NODE_OPTIONS,
  };
  const output = openSync(logFile, "a");
  const child = spawn(process.execPath, ["server/server.js"], {
    ...{ cwd: dir, env },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  child.once("exit", () => process.off("exit", end));
  return child;
}
