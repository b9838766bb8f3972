import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { readKumaVersion } from "../../src/kuma/index.ts";
import { ensureKuma } from "../../test/support/install/kuma.ts";
import { assertInvariant } from "../../test/support/invariant.ts";
import { makeRepository, resticEnvironment } from "../../test/support/repository.ts";
import { type RestServer, serveRepository } from "../../test/support/rest-server.ts";
import { change, fillData } from "../../test/support/source-data.ts";
import { openNamespace, type SupervisorNamespace } from "../../test/support/supervisor-namespace.ts";
import type { Figure, Measure } from "../figure.ts";
import { spread } from "../stats.ts";

const RUNS = 5;

/** What storage that charges for requests would charge for. */
export const requests: Measure = {
  name: "requests",
  measure: async (folder) => {
    const kumaDir = await ensureKuma();
    const repository = join(folder, "repository");
    await makeRepository(repository);
    const server = await serveRepository(repository);
    const env = { KUMA_DIR: kumaDir, KUMA_COMMAND: "", REPLICATOR_PROOF_WINDOW: "1s" };
    const open = async (name: string, mode: "BACKUP" | "RESTORE") => {
      const dataDir = join(folder, name);
      fillData(dataDir, readKumaVersion(kumaDir));
      const instance = await openNamespace({ mode, name, dataDir, repository: server.url, env });
      await instance.untilLogged("cycle-done");
      return instance;
    };
    const primary = await open("primary", "BACKUP");
    const replica = await open("replica", "RESTORE");
    try {
      return await count(server, primary, replica, join(folder, "bash"));
    } finally {
      await Promise.all([primary.kill(), replica.kill()]);
      await server.close();
    }
  },
};

async function count(
  server: RestServer,
  primary: SupervisorNamespace,
  replica: SupervisorNamespace,
  bashFolder: string,
): Promise<Figure[]> {
  const spent = async (work: () => Promise<unknown>) => {
    const before = server.requests.length;
    await work();
    return server.requests.length - before;
  };
  const repeat = async (work: (run: number) => Promise<number>) => {
    const counts: number[] = [];
    for (let run = 0; run < RUNS; run += 1) counts.push(await work(run));
    return spread(counts);
  };
  let version = 0;
  const publish = async () => {
    version += 1;
    // A tag: of what it keeps in memory, such as a maintenance window, a running Kuma writes the former state again.
    change(primary.dataDir, [`UPDATE tag SET color = '#${String(version).padStart(6, "0")}'`]);
    assertInvariant((await primary.cycle()).type === "published", "the primary did not publish");
  };
  const bash = bashCommands(server.url, bashFolder);
  await bash.restore();

  const publishing = await repeat(() => spent(publish));
  const applying = await repeat(async () => {
    await publish();
    return spent(async () =>
      assertInvariant((await replica.cycle()).type === "applied", "the replica did not apply"),
    );
  });
  const idlePrimary = await repeat(() => spent(() => primary.cycle()));
  const idleReplica = await repeat(() => spent(() => replica.cycle()));
  const restore = await repeat(() => spent(bash.restore));
  const list = await repeat(() => spent(bash.list));
  const backup = await repeat(() => spent(bash.backup));

  const figure = (
    name: string,
    ours: Figure["ours"],
    [reference, theirs]: readonly [name: string, requests: number],
    most: number,
  ): Figure => ({
    name,
    unit: "requests",
    ours,
    reference: { name: reference, values: spread([theirs]) },
    goal: most === 0 ? "0" : `at most ${most}`,
    reached: ours.max <= most,
  });
  return [
    figure(
      "an idle cycle of a replica",
      idleReplica,
      ["restic restore latest, restic snapshots", restore.median + list.median],
      5,
    ),
    {
      ...figure("an idle cycle of a primary", idlePrimary, ["restic restore latest", restore.median], 0),
      note: "once an hour it looks at the repository: as many requests as a replica's cycle",
    },
    figure(
      "a publish",
      publishing,
      ["restic restore latest, restic backup", restore.median + backup.median],
      19,
    ),
    {
      ...figure(
        "a cycle of a replica with an apply",
        applying,
        ["restic restore latest, restic snapshots", restore.median + list.median],
        12,
      ),
      goal: "–",
      reached: undefined,
    },
  ];
}

/** What the bash version runs in its cycles, with a cache of its own that is warm. */
function bashCommands(repository: string, folder: string) {
  mkdirSync(folder);
  const env = { ...resticEnvironment(repository), RESTIC_CACHE_DIR: join(folder, "cache") };
  const run = (args: readonly string[]) => execa("restic", args, { env, extendEnv: false, stdin: "ignore" });
  const dump = join(folder, "dump.sql");
  let backups = 0;
  return {
    restore: () => run(["restore", "latest", "--target", join(folder, "restored")]),
    list: () => run(["snapshots", "--json"]),
    backup: () => {
      backups += 1;
      writeFileSync(dump, `-- dump ${backups}\n`);
      return run(["backup", dump]);
    },
  };
}
