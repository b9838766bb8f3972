/**
 * `npm run demo`: a primary and a replica, each with a real Uptime Kuma, until Ctrl-C.
 * `npm run demo -- --database mariadb`: the replica keeps its data on a MariaDB server.
 * `npm run demo -- --check`: the same, changes things by itself, looks whether they arrive, and ends with 0 or 1.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensurePackages } from "../../test/support/install/apt.ts";
import { ensureBuilt } from "../../test/support/install/build.ts";
import { ensureKuma } from "../../test/support/install/kuma.ts";
import { LabError } from "../../test/support/install/lab-error.ts";
import { step } from "../../test/support/install/progress.ts";
import { ensureRestic } from "../../test/support/install/restic.ts";
import { followKuma } from "../../test/support/kuma/following-client.ts";
import { connectKuma, labAccount } from "../../test/support/kuma/kuma-api.ts";
import { startMariadbd } from "../../test/support/mariadbd.ts";
import { freePort, requireFreePorts } from "../../test/support/ports.ts";
import { check } from "./check.ts";
import { differences } from "./differences.ts";
import { PAGES, PORTS, startPair } from "./pair.ts";
import { populate, pushEverywhere } from "./populate.ts";
import { startTargets } from "./targets.ts";

type Cleanups = (() => Promise<void> | void)[];

/** Runs the demo until `signal` aborts, or until the check is through. Gives what the check missed. */
async function demo(kumaDir: string, signal: AbortSignal, cleanups: Cleanups): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "replicator-kuma-demo-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const targets = await startTargets();
  cleanups.push(targets.close);

  const mariadbPort = wantsMariaDb() ? await startMariaDb(cleanups) : undefined;
  const pair = await step("starting a primary and a replica", async () => {
    const started = await startPair(folder, kumaDir, mariadbPort);
    cleanups.push(() => step("stopping both", started.stop));
    await Promise.all([started.primary.waitReady(signal), started.replica.waitReady(signal)]);
    return started;
  });
  const { primary, replica } = pair;

  const follower = followKuma(replica.url);
  cleanups.push(follower.close);
  // The first connection makes the account, the same on both.
  await follower.until("the replica's account", () => true, { timeout: 60_000, signal });
  const { steadyMonitor } = await step("filling the primary", async () => {
    const filling = await connectKuma(primary.url, { signal });
    return populate(filling, targets).finally(filling.close);
  });
  // A new connection, because Kuma lists a new tag and a page's new icon only to who logs in after it.
  const kuma = await connectKuma(primary.url, { signal });
  cleanups.push(kuma.close);
  cleanups.push(pushEverywhere([primary.url, replica.url]));

  let missing: string[] = [];
  await step("waiting until the replica has it all", () =>
    follower.until(
      "the replica has it all",
      async (there) => {
        missing = await differences({ kuma, url: primary.url }, { kuma: there, url: replica.url });
        return missing.length === 0 || undefined;
      },
      { timeout: 120_000, signal },
    ),
  ).catch((error) => {
    throw error instanceof LabError
      ? new LabError(`${error.message} Still different: ${missing.join(", ")}.\n${ownWords(replica.log())}`)
      : error;
  });

  if (process.argv.includes("--check"))
    return check({ primary: kuma, replica: follower, steadyMonitor, targetUrl: `${targets.url}/`, signal });
  console.log(invitation(primary.url, replica.url));
  const end = await Promise.race([once(signal, "abort"), pair.broken]);
  if (end instanceof LabError) throw end;
  return [];
}

/** @throws LabError for a database that there is not */
function wantsMariaDb(): boolean {
  const { values } = parseArgs({
    options: { database: { type: "string", default: "sqlite" }, check: { type: "boolean" } },
  });
  if (!["sqlite", "mariadb"].includes(values.database))
    throw new LabError(`--database is sqlite or mariadb, not ${values.database}.`);
  return values.database === "mariadb";
}

/** @returns the port of 127.0.0.1 that it listens on */
async function startMariaDb(cleanups: Cleanups): Promise<number> {
  await ensurePackages(["mariadbd"]);
  const port = await freePort();
  const server = await step("starting MariaDB", () =>
    startMariadbd(`--port=${port}`, "--bind-address=127.0.0.1"),
  );
  cleanups.push(server.close);
  return port;
}

/** What the supervisor said, without Kuma's own lines around it. */
function ownWords(log: string): string {
  const lines = log.split("\n").filter((line) => line.includes("[REPLICATOR]"));
  return lines.slice(-15).join("\n");
}

function invitation(primary: string, replica: string): string {
  return `
  primary   ${primary}
  replica   ${replica}
  login     ${labAccount.username} / ${labAccount.password}   (both)
  page      ${replica}/status/demo
  agreement http://127.0.0.1:${PAGES.primary} and http://127.0.0.1:${PAGES.replica}   (do they hold the same, since when)

Try this:
  · add, edit, pause or delete a monitor on the primary: the replica has it within half a minute
  · change something on the replica: it stays until the next change on the primary
  · look at a monitor's history on the replica: it is the replica's own, and survives every change

Ctrl-C ends everything.`;
}

/** Does the cleanups, last first; a failing one is told and does not keep the others from being done. */
async function cleanUp(cleanups: Cleanups): Promise<string[]> {
  const problems: string[] = [];
  for (const clean of cleanups.reverse()) {
    try {
      await clean();
    } catch (error) {
      problems.push(tell(error));
    }
  }
  return problems;
}

function tell(error: unknown): string {
  if (error instanceof LabError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function main(): Promise<number> {
  await requireFreePorts([...Object.values(PORTS), ...Object.values(PAGES)]);
  await ensureRestic();
  const kumaDir = await ensureKuma();
  await step("building", ensureBuilt);

  // Until here Ctrl-C may simply end the process: nothing is running yet.
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  const cleanups: Cleanups = [];
  const problems = await demo(kumaDir, stop.signal, cleanups).catch((error) =>
    stop.signal.aborted ? [] : [tell(error)],
  );
  problems.push(...(await cleanUp(cleanups)));
  for (const problem of problems) console.error(`✗ ${problem}`);
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = await main().catch((error) => {
  console.error(tell(error));
  return 1;
});
