import assert from "node:assert/strict";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, it, type TestContext } from "node:test";
import type Database from "better-sqlite3";
import { catalog } from "../../src/database/catalog.ts";
import { publishFilesAsBash } from "../support/bash-publisher.ts";
import { at, HEAD, V1 } from "../support/bash-samples.ts";
import { type Member, makeRig, type Rig, said, untilLogged } from "../support/cli-instance.ts";
import { follow, type Step } from "../support/documented.ts";
import { SIDE_BY_SIDE, startMariadbd } from "../support/mariadbd.ts";
import { freePort } from "../support/ports.ts";
import { makeRepository, restic } from "../support/repository.ts";
import { readReplicated } from "../support/rows.ts";
import { PASSWORD } from "../support/supervisor-namespace.ts";

/** Of the repositories that the bash version's are made into. */
const OLD = { RESTIC_PASSWORD: PASSWORD };
const UP_TO_DATE = /^repository +up to date/m;

let rig: Rig;
afterEach(() => rig.close());

/** As a new Uptime Kuma leaves it. */
function empty(db: Database.Database): void {
  db.pragma("foreign_keys = OFF");
  for (const { name } of catalog) db.exec(`DELETE FROM "${name}"`);
  db.exec("DELETE FROM sqlite_sequence");
}

/** As somebody's who never heard of the primary. */
function standAlone(db: Database.Database): void {
  db.exec(`UPDATE monitor SET type = 'http', name = 'own ' || id, url = 'http://own.example/' || id, hostname = NULL;
    UPDATE status_page SET slug = 'own-' || id`);
}

const rowsOf = (member: Member) => readReplicated(join(member.dataDir, "kuma.db"));

/** Runs the commands that a step names, as a person types them who answers each question with yes. */
async function run(member: Member, { commands, words }: Step, ...also: string[]): Promise<string> {
  assert.ok(commands.length > 0, `a command in "${words}"`);
  const outputs: string[] = [];
  for (const command of commands) outputs.push(said(await member.command(...command, ...also)));
  return outputs.join("\n");
}

/** The step's settings, without what the rig sets by another way. */
const mode = ({ settings }: Step) => {
  assert.ok(settings.REPLICATOR_MODE);
  return settings.REPLICATOR_MODE as "BACKUP" | "RESTORE";
};

describe("docs/migrating.md, step by step", () => {
  for (const { what, version, form, sample } of [
    { what: "1.23", version: "1.23.17", form: "dump", sample: V1 },
    { what: "2", version: "2.3.2", form: "exports", sample: HEAD },
  ] as const)
    it(`from the bash version for Uptime Kuma ${what}`, async () => {
      rig = makeRig(undefined, version);
      await makeRepository(rig.repository);
      const name = form === "dump" ? "backup.sql" : "sqlite_exports";
      const old = await publishFilesAsBash(
        rig.repository,
        (folder) => cpSync(at(sample), join(folder, name), { recursive: true }),
        { form },
      );
      let replica: Member;
      let primary: Member;
      await follow("From the bash version", "Repository, volumes", [
        [
          "Change the image of one replica and start it: it follows the bash primary.",
          async () => {
            replica = await rig.add("replica", "RESTORE", OLD, (db) =>
              db.exec("UPDATE monitor SET name = 'stale' WHERE id = 2"),
            );
            await untilLogged(replica, /Applied snapshot .*1 monitor changed|monitor "stale" renamed/);
          },
        ],
        [
          "Look at `replicator-kuma status` there, and do the same with the other replicas.",
          async (step) =>
            assert.match(
              await run(replica, step),
              /^repository +up to date: .*the bash version on "old-primary"/m,
            ),
        ],
        [
          "Change the image of the primary and start it: it publishes what it has, and the replicas follow that from then on.",
          async () => {
            primary = await rig.add("primary", "BACKUP", OLD);
            await untilLogged(primary, /Published snapshot \w+: the whole configuration/);
            said(await replica.command("sync"));
            assert.deepEqual(rowsOf(replica), rowsOf(primary));
            assert.match(said(await replica.command("status")), UP_TO_DATE);
          },
        ],
        [
          "Run `replicator-kuma doctor` on each instance.",
          async (step) => {
            for (const each of [primary, replica]) await run(each, step);
          },
        ],
        [
          "Remove the old snapshots with `restic forget` and their ids once nobody needs them",
          async (step) => {
            assert.match(await run(replica, step), new RegExp(`${old.slice(0, 8)}.*\\(bash\\)`));
            await restic(rig.repository, ["forget", "--quiet", old]);
            assert.doesNotMatch(await run(replica, step), /\(bash\)/);
            said(await replica.command("sync"));
          },
        ],
      ]);
    });

  it("a volume that is lost or new", async () => {
    rig = makeRig(undefined, "2.3.2");
    await makeRepository(rig.repository);
    const fill = (folder: string) => cpSync(at(HEAD), join(folder, "sqlite_exports"), { recursive: true });
    await publishFilesAsBash(rig.repository, fill, { form: "exports" });
    let members: [Member, Member];
    await follow("A volume that is lost or new", "", [
      [
        "Start the instance with an empty volume and the old repository.",
        async () => {
          const replica = await rig.add("replica", "RESTORE", OLD, empty);
          members = [replica, await rig.add("primary", "BACKUP", OLD, empty)];
        },
      ],
      [
        "A replica applies the latest snapshot of the bash version; a primary does the same before it publishes.",
        async () => {
          for (const each of members) await untilLogged(each, /Applied snapshot/);
          const [replica, primary] = members;
          assert.doesNotMatch(primary.instance.log(), /Published.*[\s\S]*Applied/);
          assert.deepEqual(rowsOf(replica), rowsOf(primary));
          assert.ok((rowsOf(primary).monitor?.length ?? 0) > 10);
        },
      ],
    ]);
  });

  it("from a stand-alone Uptime Kuma: as the primary; as a replica; or both", async () => {
    rig = makeRig();
    let primary: Member;
    const section = "From a stand-alone Uptime Kuma";
    await follow(section, "As the primary:", [
      [
        "Give the container this image, its volume, `REPLICATOR_MODE=BACKUP` and restic's variables.",
        async (step) => {
          primary = await rig.add("primary", mode(step));
        },
      ],
      ["Start it: it publishes what it has.", () => untilLogged(primary, /Published snapshot/)],
    ]);
    let alone: Member;
    await follow(section, "As a replica it keeps", [
      [
        "Give the container this image, its volume and restic's variables, and start it.",
        async () => {
          alone = await rig.add("alone", "RESTORE", {}, standAlone);
          await untilLogged(alone, /Not applied/);
        },
      ],
      [
        "See with `replicator-kuma adopt` what would go and come.",
        async (step) => assert.match(await run(alone, step), /Nothing was changed/),
      ],
      [
        "Take the primary's configuration with `replicator-kuma adopt --replace`; `rollback` brings the old one back",
        async ({ commands, ...step }) => {
          const before = rowsOf(alone);
          await run(alone, { ...step, commands: commands.slice(0, 1) }, "--yes");
          assert.deepEqual(rowsOf(alone), rowsOf(primary));
          await run(alone, { ...step, commands: commands.slice(1) }, "--yes");
          assert.deepEqual(rowsOf(alone), before);
        },
      ],
    ]);
    await follow(section, "Or both:", [
      [
        "Give the container this image, its volume, restic's variables and `REPLICATOR_LOCAL=true`, and start it.",
        ({ settings }) => alone.restart(settings),
      ],
      [
        "Run `replicator-kuma adopt --keep`: it shows what stays and what comes, and asks.",
        async (step) => assert.match(await run(alone, step, "--yes"), /What was here stays/),
      ],
      [
        "`replicator-kuma status` counts what is its own; nothing of it is published.",
        async (step) => {
          assert.match(await run(alone, step), /^its own +entries that are here alone \(monitors: \d+/m);
          assert.match(said(await alone.command("diff")), /no differences/);
        },
      ],
    ]);
  });

  it("to another machine: a replica; the primary", async () => {
    rig = makeRig();
    const [primary, replica] = await rig.addPair();
    let moved: Member;
    await follow("To another machine", "A replica:", [
      [
        "Start a container on the new machine with an empty volume, the same repository and password: it applies the latest snapshot.",
        async () => {
          moved = await rig.add("moved", "RESTORE", {}, empty);
          await untilLogged(moved, /Applied snapshot/);
          assert.deepEqual(rowsOf(moved), rowsOf(primary));
        },
      ],
      ["Stop the old container.", () => replica.instance.stop().then(() => undefined)],
    ]);
    await follow("To another machine", "The primary:", [
      [
        "Start a replica on the new machine, and wait until `replicator-kuma status` there says that it is up to date.",
        async (step) => assert.match(await run(moved, step), UP_TO_DATE),
      ],
      [
        "Run `replicator-kuma demote` on the old primary: it publishes what is not published yet.",
        async (step) => {
          primary.sql("UPDATE monitor SET name = 'edited at last' WHERE id = 2");
          assert.match(await run(primary, step), /Published snapshot/);
        },
      ],
      [
        "Run `replicator-kuma promote` on the new machine, and set `REPLICATOR_MODE=BACKUP` there; `RESTORE` on the old one.",
        async (step) => {
          assert.match(await run(moved, step), /the primary now/);
          await moved.restart({ REPLICATOR_MODE: mode(step) });
          await primary.restart({ REPLICATOR_MODE: "RESTORE" });
          said(await primary.command("sync"));
          assert.deepEqual(rowsOf(primary), rowsOf(moved));
          assert.match(said(await moved.command("status")), /^moved +primary/m);
        },
      ],
      [
        "Stop the old container, or keep it as a replica.",
        () => primary.instance.stop().then(() => undefined),
      ],
    ]);
  });

  it("from SQLite to MariaDB, with a second instance and without", async (t) => {
    rig = makeRig();
    const maria = await openMaria(t);
    const primary = await rig.add("primary", "BACKUP");
    await untilLogged(primary, /Published snapshot/);
    let other: Member;
    await follow("From SQLite to MariaDB, or back", "Snapshots are the same", [
      [
        "Have a primary that has published: `replicator-kuma status` says that it is up to date.",
        async (step) => assert.match(await run(primary, step), UP_TO_DATE),
      ],
      [
        "Start another instance with an empty volume, `REPLICATOR_MODE=RESTORE` and its new database",
        async (step) => {
          other = await rig.add("other", mode(step), await maria.settings(step.settings, "other"), empty);
          await untilLogged(other, /Applied snapshot/);
          assert.deepEqual(await maria.names("other"), primary.query("SELECT name FROM monitor ORDER BY id"));
        },
      ],
      [
        "Create its account in its page. `replicator-kuma diff live latest` on it shows no differences.",
        async (step) => assert.match(await run(other, step), /no differences/),
      ],
      [
        "To make it the primary: `replicator-kuma promote` there, `demote` on the old one, and `REPLICATOR_MODE` to match.",
        async ({ commands, ...step }) => {
          await run(other, { ...step, commands: commands.slice(0, 1) });
          await run(primary, { ...step, commands: commands.slice(1) }, "--yes");
          said(await primary.command("sync"));
          assert.match(said(await primary.command("status")), UP_TO_DATE);
        },
      ],
    ]);
    let copy = "";
    await follow("From SQLite to MariaDB, or back", "Without a second instance", [
      [
        "Keep a copy, which has its passwords in it: `replicator-kuma export > kuma.jsonl`. `replicator-kuma status` says up to date.",
        async ({ commands, ...step }) => {
          copy = await run(other, { ...step, commands: commands.slice(0, 1) });
          assert.match(await run(other, { ...step, commands: commands.slice(1) }), UP_TO_DATE);
        },
      ],
      [
        "Start it with an empty volume, its new database and `REPLICATOR_MODE=BACKUP`: it restores the latest snapshot first.",
        async (step) => {
          const env = await maria.settings({ UPTIME_KUMA_DB_TYPE: "mariadb" }, "again");
          const again = await rig.add("again", mode(step), env, empty);
          await untilLogged(again, /Applied snapshot/);
          assert.deepEqual(await maria.names("again"), await maria.names("other"));
          await again.instance.stop();
        },
      ],
      [
        "With an empty repository instead of the old one, give it the copy: `replicator-kuma import kuma.jsonl --yes`.",
        async (step) => {
          rmSync(rig.repository, { recursive: true });
          const env = await maria.settings({ UPTIME_KUMA_DB_TYPE: "mariadb" }, "fresh");
          const fresh = await rig.add("fresh", "BACKUP", env, empty);
          writeFileSync(join(fresh.dataDir, "kuma.jsonl"), copy);
          await run(fresh, step);
          assert.deepEqual(await maria.names("fresh"), await maria.names("other"));
        },
      ],
    ]);
  });
});

/** A server with databases as a new Uptime Kuma leaves them. */
async function openMaria(t: TestContext) {
  const port = await freePort();
  const maria = await startMariadbd(`--port=${port}`, "--bind-address=127.0.0.1");
  t.after(maria.close);
  return {
    settings: async (settings: Step["settings"], database: string) => {
      await maria.create(database, SIDE_BY_SIDE.mariadb);
      for (const { name } of catalog)
        await maria.run(database, `DELETE FROM "${name}"`, `ALTER TABLE "${name}" AUTO_INCREMENT = 1`);
      const { UPTIME_KUMA_DB_TYPE = "" } = settings;
      return {
        ...{ UPTIME_KUMA_DB_TYPE, UPTIME_KUMA_DB_HOSTNAME: "127.0.0.1", UPTIME_KUMA_DB_PORT: String(port) },
        ...{ UPTIME_KUMA_DB_NAME: database, UPTIME_KUMA_DB_USERNAME: "root", UPTIME_KUMA_DB_PASSWORD: "" },
      };
    },
    names: (database: string) => maria.query(database, "SELECT name FROM monitor ORDER BY id"),
  };
}
