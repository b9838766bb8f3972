import { join } from "node:path";
import { LabError } from "../../test/support/install/lab-error.ts";
import { type Instance, startInstance } from "../../test/support/kuma/instance.ts";
import { chooseMariaDb } from "../../test/support/kuma/on-mariadb.ts";

export const PORTS = { primary: 3001, replica: 3002 };
/** Where each shows its own page, beside Uptime Kuma's. */
export const PAGES = { primary: 3081, replica: 3082 };
/** Seconds between two cycles; outside of a demo these are minutes. */
const INTERVAL = 10;

export interface Pair {
  readonly primary: Instance;
  readonly replica: Instance;
  /** Resolves with what to say when one of the two ends though nobody stopped it. */
  readonly broken: Promise<LabError>;
  /** Stops both in order and waits for their end; throws when one did not end well. */
  stop(): Promise<void>;
}

/**
 * Starts a primary and a replica over one new restic repository, everything inside `folder`.
 * @param mariadbPort where the replica's MariaDB server is; left out: both are on SQLite
 */
export async function startPair(folder: string, kumaDir: string, mariadbPort?: number): Promise<Pair> {
  const onMariaDb = mariadbPort === undefined ? {} : chooseMariaDb(join(folder, "replica"), mariadbPort);
  const start = (name: "primary" | "replica") =>
    startInstance({
      name,
      mode: name === "primary" ? "BACKUP" : "RESTORE",
      port: PORTS[name],
      dataDir: join(folder, name),
      kumaDir,
      repository: join(folder, "repository"),
      password: "only-for-this-demo",
      interval: INTERVAL,
      env: { REPLICATOR_HTTP: `127.0.0.1:${PAGES[name]}`, ...(name === "replica" ? onMariaDb : {}) },
    });
  const [primary, replica] = await Promise.all([start("primary"), start("replica")]);
  const both = [primary, replica];
  const ends = both.map(async ({ name, exited, log }) => {
    const { code, signal } = await exited;
    return new LabError(`The ${name} ended by itself (${code ?? signal}):\n${log().slice(-4000)}`);
  });
  async function stop(): Promise<void> {
    const exits = await Promise.all(both.map((instance) => instance.stop()));
    const bad = both.filter((_, index) => exits[index]?.code !== 0);
    if (bad.length > 0)
      throw new LabError(
        bad.map(({ name, log }) => `The ${name} did not end well:\n${log().slice(-2000)}`).join("\n"),
      );
  }
  return { primary, replica, broken: Promise.race(ends), stop };
}
