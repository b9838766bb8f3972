import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { assertEqualsOneOf, assertLocalUnchanged } from "../../support/database-state.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { type MariaDbScenario, openMariaDbScenario } from "../../support/mariadb-scenarios.ts";
import { change } from "../../support/source-data.ts";
import { waitFor } from "../../support/wait.ts";
import { mountDisk, whyNoDisk } from "../disk.ts";
import type { Fault } from "../fault.ts";
import { cycleUntilWell } from "../kill.ts";
import { killOnMariaDbWithRealKuma, killsOnMariaDb, ROWS, stage } from "./mariadb-kill.ts";

const awayAtStart: Fault = {
  group: 11,
  name: "MariaDB: away for a moment while Kuma starts with what was applied",
  checked: `${ROWS}; applied all the same, never refused`,
  rounds: (asked) => Math.min(asked, 40),
  roundsPerStage: 20,
  open: (folder) =>
    // Long enough that what is applied but not verified yet is seen on a busy machine, too.
    stage(
      openMariaDbScenario(folder, { mode: "RESTORE", env: { REPLICATOR_PROOF_WINDOW: "3s" } }),
      async (scenario, { random }) => {
        const before = await scenario.look();
        await scenario.editNext();
        const from = scenario.instance.events().length;
        scenario.instance.signal("SIGUSR1");
        await scenario.instance.untilLogged("kuma-stopped", { from });
        const isApplied = () =>
          scenario.mariadb
            .query("kuma", "SELECT proven FROM replicator_apply WHERE proven = 0")
            .then((rows) => (rows.length > 0 ? true : undefined));
        await waitFor("the commit", isApplied, { every: 2 });
        await scenario.mariadb.kill();
        await sleep(random.below(2_500));
        await scenario.mariadb.start();
        // Where Kuma was verified before, its being applied is recorded and reported once the server is back.
        const { type } = await scenario.instance.outcome(from);
        if (type === "cycle-failed") await cycleUntilWell(scenario.instance);
        const types = new Set(
          scenario.instance
            .events()
            .slice(from)
            .map((event) => event.type),
        );
        assertInvariant(
          types.has("applied") && !types.has("rolled-back"),
          `${type}\n${scenario.instance.output().slice(-4_000)}`,
        );
        assertLocalUnchanged(before, await scenario.converge());
        return types.has("warning")
          ? "Kuma had ended"
          : type === "applied"
            ? "Kuma had not"
            : "once it was back";
      },
    ),
};

const cut: Fault = {
  group: 11,
  name: "MariaDB: all connections of its account cut, while applying",
  checked: `${ROWS}, never refused for it, convergence`,
  rounds: (asked) => asked,
  roundsPerStage: 25,
  open: (folder) =>
    stage(openWithAccount(folder), async (scenario, { random, span }) => {
      const before = await scenario.look();
      await scenario.editNext();
      const after = scenario.wanted();
      const from = scenario.instance.events().length;
      scenario.instance.signal("SIGUSR1");
      await sleep(random.below(span));
      for (let times = 0; times < 20; times += 1) {
        await asAdministrator(scenario, `KILL CONNECTION USER ${ACCOUNT}`);
        await sleep(5);
      }
      const { type } = await scenario.instance.outcome(from);
      assertInvariant(type !== "rolled-back", `refused for it\n${scenario.instance.output().slice(-4_000)}`);
      const now = await scenario.look();
      assertEqualsOneOf(now, { before, after });
      assertLocalUnchanged(before, now);
      await cycleUntilWell(scenario.instance);
      assertLocalUnchanged(before, await scenario.converge());
      return type;
    }),
};

const fullDisk: Fault = {
  group: 11,
  name: "MariaDB: its disk full, while applying",
  checked: `${ROWS}, told, never refused for it, converges once there is room`,
  rounds: (asked) => Math.min(asked, 40),
  roundsPerStage: 10,
  impossible: whyNoDisk,
  open: async (folder) => {
    const disk = await mountDisk(join(folder, "disk"), 256);
    const mariadb = { folder: join(folder, "disk", "mariadb"), options: [], account: {} };
    const opened = await stage(
      openMariaDbScenario(folder, { mode: "RESTORE", mariadb }),
      async (scenario, { random }) => {
        const before = await scenario.look();
        // Much more than there is room for.
        change(scenario.sourceDir, ["UPDATE monitor SET headers = hex(randomblob(25000))"]);
        await scenario.editNext();
        const after = scenario.wanted();
        disk.fillBut(random.below(4_000_000));
        const reported = await scenario.instance.cycle();
        assertInvariant(reported.type !== "rolled-back", "refused for it");
        disk.free();
        // A server that has nowhere to write to may end; then somebody starts it.
        await scenario.mariadb.kill();
        await scenario.mariadb.start();
        const now = await scenario.look();
        assertEqualsOneOf(now, { before, after });
        assertLocalUnchanged(before, now);
        await cycleUntilWell(scenario.instance);
        assertLocalUnchanged(before, await scenario.converge());
        return reported.type === "cycle-failed" ? reported.problem.code : reported.type;
      },
    );
    const close = async () => {
      await opened.close();
      await disk.remove();
    };
    return { ...opened, close };
  },
};

/** What is wrong with the server, until it is not any more. */
interface Trouble {
  readonly name: string;
  /** By which it is told. */
  readonly code: string;
  /** Makes it so; gives what ends it. */
  begin(scenario: MariaDbScenario): Promise<() => Promise<void>>;
}

const TROUBLES: readonly Trouble[] = [
  {
    name: "read-only",
    code: "database-read-only",
    begin: (scenario) => toggle(scenario, "SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"),
  },
  {
    name: "wrong password",
    code: "database-login-refused",
    begin: (scenario) =>
      toggle(
        scenario,
        `ALTER USER ${ACCOUNT} IDENTIFIED BY 'another'`,
        `ALTER USER ${ACCOUNT} IDENTIFIED BY 'right'`,
      ),
  },
  {
    name: "TLS demanded",
    code: "database-login-refused",
    begin: (scenario) =>
      toggle(scenario, `ALTER USER ${ACCOUNT} REQUIRE SSL`, `ALTER USER ${ACCOUNT} REQUIRE NONE`),
  },
  {
    name: "rows held by another program",
    code: "database-locked",
    begin: async ({ mariadb }) => {
      const other = await mariadb.connect("kuma");
      await other.query("START TRANSACTION");
      await other.query("SELECT * FROM monitor FOR UPDATE");
      return () => other.end();
    },
  },
];

const troubles: Fault = {
  group: 11,
  name: `MariaDB: ${TROUBLES.map(({ name }) => name).join(", ")}`,
  checked: "told by its name, no row changed, Kuma runs; converges once it is over",
  rounds: (asked) => Math.max(TROUBLES.length, Math.min(asked, 40)),
  roundsPerStage: 20,
  open: (folder) =>
    stage(openWithAccount(folder), async (scenario, { index }) => {
      const trouble = TROUBLES[index % TROUBLES.length];
      assertInvariant(trouble !== undefined, "no trouble");
      const before = await scenario.look();
      await scenario.editNext();
      const end = await trouble.begin(scenario);
      const reported = await scenario.instance.cycle();
      await end();
      assertInvariant(
        reported.type === "cycle-failed" && reported.problem.code === trouble.code,
        `${trouble.name}: ${JSON.stringify(reported)}`,
      );
      const now = await scenario.look();
      assertEqualsOneOf(now, { before });
      assertLocalUnchanged(before, now);
      await waitFor("Kuma", () => scenario.instance.kumaPid());
      await cycleUntilWell(scenario.instance);
      assertLocalUnchanged(before, await scenario.converge());
      return trouble.name;
    }),
};

const doesNotRun: Fault = {
  group: 11,
  name: "MariaDB: Kuma does not start with the new configuration",
  checked: "every row as before, refused; a newer one applied",
  rounds: (asked) => Math.min(asked, 10),
  roundsPerStage: 10,
  open: (folder) =>
    stage(openMariaDbScenario(folder, { mode: "RESTORE" }), async (scenario) => {
      const before = await scenario.look();
      change(scenario.sourceDir, [
        "INSERT INTO monitor (name, type, active, user_id, description) VALUES ('stand-in', 'group', 0, 1, 'die 0')",
      ]);
      await scenario.editNext();
      const { type } = await scenario.instance.cycle();
      assertInvariant(type === "rolled-back", `reported ${type}`);
      const now = await scenario.look();
      assertEqualsOneOf(now, { before });
      assertLocalUnchanged(before, now);
      change(scenario.sourceDir, ["DELETE FROM monitor WHERE name = 'stand-in'"]);
      await scenario.editNext();
      await cycleUntilWell(scenario.instance);
      assertLocalUnchanged(before, await scenario.converge());
      return "rolled back";
    }),
};

/** Everything that is tried with MariaDB. */
export const mariaDbFaults: readonly Fault[] = [
  ...killsOnMariaDb,
  awayAtStart,
  cut,
  fullDisk,
  troubles,
  doesNotRun,
  killOnMariaDbWithRealKuma,
];

/** Of Kuma's in the database: the administrator's writes in spite of read_only. */
const ACCOUNT = "'kuma'@'%'";

async function openWithAccount(folder: string): Promise<MariaDbScenario> {
  const account = { username: "kuma", password: "right" };
  const mariadb = { folder: join(folder, "mariadb"), options: [], account };
  return openMariaDbScenario(folder, { mode: "RESTORE", mariadb });
}

function asAdministrator(scenario: MariaDbScenario, ...statements: string[]): Promise<void> {
  return scenario.mariadb.run("mysql", ...statements);
}

async function toggle(scenario: MariaDbScenario, on: string, off: string): Promise<() => Promise<void>> {
  await asAdministrator(scenario, on);
  return () => asAdministrator(scenario, off);
}
