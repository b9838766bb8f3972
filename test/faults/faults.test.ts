import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { describe, it } from "node:test";
import { faults } from "./groups/index.ts";
import { runFault } from "./run.ts";

/** What `npm test` has the time for, with the rounds of each: something of every group. `npm run faults` tries all. */
const SHORT_FORM: Readonly<Record<string, number>> = {
  "SIGKILL of the supervisor and all below it, while applying (restart)": 3,
  "SIGKILL of the supervisor and all below it, while applying (live)": 3,
  "SIGKILL of the supervisor and all below it, while publishing": 3,
  "SIGKILL of Kuma, while applying (restart)": 1,
  "SIGKILL of Kuma and restic, while applying (live)": 1,
  "SIGKILL of restic, while publishing": 1,
  "disk of a replica's data, state and cache full": 1,
  "disk of the repository full, while dumping into it": 1,
  "a repository of another password": 1,
  "a repository whose connection drops in the middle": 1,
  "a repository that a replica may only read": 1,
  "a repository locked by another restic": 1,
  "a repository locked by a restic that was killed, whose pid is Kuma's now": 1,
  "a snapshot of something else with our tag": 1,
  "the decoder, 100 damaged snapshots a round, every region": 1,
  "a database with a WAL that a kill left": 1,
  "a database that is none": 1,
  "two replicas that apply at once": 1,
  "a primary and a replica on one data folder": 1,
  "Kuma dies after 0.5 s, applied live, with the new configuration": 1,
  "Kuma never becomes ready with the new configuration": 1,
  "known secrets: password, token, keys, a notification's and a monitor's": 1,
  "MariaDB: SIGKILL of mariadbd, while applying": 1,
  "MariaDB: SIGKILL of the supervisor, while publishing": 1,
  "MariaDB: all connections of its account cut, while applying": 1,
};
const seed = String(Date.now() % 1_000_000);

describe(`faults (seed ${seed})`, { concurrency: 4 }, () => {
  for (const [name, asked] of Object.entries(SHORT_FORM))
    it(name, async (t) => {
      const fault = faults.find((each) => each.name === name);
      assert.ok(fault, "no such fault");
      const { loss, skipped, survived } = await runFault(fault, { asked, seed });
      if (skipped !== undefined) return t.skip(skipped);
      if (loss !== undefined) rmSync(loss.evidence, { recursive: true, force: true });
      assert.equal(loss, undefined);
      t.diagnostic(`${survived} rounds`);
    });
});
