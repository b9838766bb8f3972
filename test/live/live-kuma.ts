import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite, type PlanSummary } from "../../src/database/index.ts";
import { type Channel, openChannel } from "../../src/kuma/channel.ts";
import { contentHash, type Snapshot } from "../../src/snapshot/index.ts";
import { isKumaReady, kumaEnvironment } from "../support/kuma/bare-kuma.ts";
import { freePort } from "../support/ports.ts";
import { query } from "../support/rows.ts";
import { change, takeSnapshot } from "../support/source-data.ts";
import { waitFor } from "../support/wait.ts";

/**
 * A real Kuma with a channel, as the supervisor starts it, and a data folder beside it that is edited as a primary's.
 */
export interface LiveKuma {
  readonly url: string;
  readonly dataDir: string;
  readonly sourceDir: string;
  readonly channel: Channel;
  /** Edits the source data; the Kuma knows nothing of it yet. */
  edit(...statements: readonly string[]): void;
  /** Plans, holds, writes and resumes; throws when any of it fails. */
  apply(): Promise<PlanSummary>;
  /** As if the supervisor had ended. */
  disconnect(): void;
  /** Kills Kuma and starts it on the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param kumaDir patched
 * @param fill gets the data folder that both begin with
 */
export async function openLiveKuma(kumaDir: string, fill: (dataDir: string) => void): Promise<LiveKuma> {
  const folder = mkdtempSync(join(tmpdir(), "live-"));
  const [dataDir, sourceDir] = [join(folder, "kuma"), join(folder, "source")];
  mkdirSync(sourceDir);
  fill(sourceDir);
  cpSync(sourceDir, dataDir, { recursive: true });
  const port = await freePort();
  const uploadDir = join(dataDir, "upload");
  const database = openSqlite({ file: join(dataDir, "kuma.db"), uploadDir, kumaVersion: "2.5.3" });
  let run = await start();
  let applies = 0;

  return {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    sourceDir,
    get channel() {
      return run.channel;
    },
    edit: (...statements) => change(sourceDir, statements),
    apply: () => {
      applies += 1;
      return applyLive(takeSnapshot(sourceDir), `snapshot ${applies}`);
    },
    disconnect: () => run.child.disconnect(),
    restart: async () => {
      await end();
      const since = new Date().toISOString().replace("T", " ").slice(0, 23);
      run = await start();
      await waitFor("a heartbeat of each monitor", () => notYetBeaten(since).length === 0 || undefined, {
        every: 50,
      });
    },
    close: async () => {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };

  async function start() {
    // Kuma sleeps 0.3 to 1 s after each monitor that it starts: here always the shortest.
    const NODE_OPTIONS = "--import=data:text/javascript,Math.random=()=>0";
    const fixed = { UPTIME_KUMA_DB_TYPE: "sqlite", TZ: "UTC", NODE_OPTIONS };
    const env = { ...kumaEnvironment({ dataDir, port }), ...fixed };
    const child = spawn(process.execPath, ["server/server.js"], {
      cwd: kumaDir,
      env,
      stdio: [
        "ignore",
        process.env.LIVE_LOG ? "inherit" : "ignore",
        process.env.LIVE_LOG ? "inherit" : "ignore",
        "ipc",
      ],
    });
    await waitFor(
      "Kuma",
      async () => {
        if (child.exitCode !== null) throw new Error(`Kuma ended with exit code ${child.exitCode}.`);
        return (await isKumaReady(port)) || undefined;
      },
      { every: 50 },
    );
    return { child, channel: openChannel(child) };
  }

  function notYetBeaten(since: string) {
    return query(
      join(dataDir, "kuma.db"),
      `SELECT id FROM monitor WHERE active = 1 AND type <> 'push'
       AND id NOT IN (SELECT monitor_id FROM heartbeat WHERE time > ?)`,
      since,
    );
  }

  async function end(): Promise<void> {
    if (run.child.exitCode !== null || run.child.signalCode !== null) return;
    run.child.kill("SIGKILL");
    await once(run.child, "exit");
  }

  async function applyLive(snapshot: Snapshot, snapshotId: string): Promise<PlanSummary> {
    const plan = value(database.plan(snapshot));
    value(await run.channel.ask("hold", { monitors: plan.memory.monitors }));
    const applied = value(
      database.apply(snapshot, { snapshotId, contentHash: contentHash(snapshot.content) }),
    );
    value(await run.channel.ask("resume", applied.memory));
    value(database.confirm());
    return applied;
  }
}

export function value<T>(result: { ok: true; value: T } | { ok: false; problem: { message: string } }): T {
  if (!result.ok) throw new Error(result.problem.message);
  return result.value;
}
