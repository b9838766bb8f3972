import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RowDataPacket } from "mysql2/promise";
import { openMariaDb } from "../../src/database/mariadb/open-mariadb.ts";
import { contentHash } from "../../src/snapshot/index.ts";
import { type DatabaseState, differing, stateOf } from "./database-state.ts";
import { assertInvariant, InvariantViolation } from "./invariant.ts";
import { chooseMariaDb } from "./kuma/on-mariadb.ts";
import { SIDE_BY_SIDE, startMariadbdIn, type TestMariaDb } from "./mariadbd.ts";
import { freePort } from "./ports.ts";
import { createAuthor, makeRepository, never } from "./repository.ts";
import { readReplicatedTables, type TableRows } from "./rows.ts";
import { edit, fillData, takeSnapshot } from "./source-data.ts";
import { openNamespace, type SupervisorNamespace } from "./supervisor-namespace.ts";
import { waitFor } from "./wait.ts";

const STAND_IN = fileURLToPath(new URL("../fixtures/programs/kuma-with-mariadb.mjs", import.meta.url));
const DATABASE = "kuma";

/**
 * An instance whose Kuma keeps its data on a MariaDB server of its own, which is outside of the instance's namespace.
 */
export interface MariaDbScenario {
  readonly mariadb: TestMariaDb;
  readonly port: number;
  readonly dataDir: string;
  /** The data folder, on SQLite, of the primary of our making that a replica follows. */
  readonly sourceDir: string;
  instance: SupervisorNamespace;
  /** A person edits: on our primary, which publishes that, or, where the instance is the primary, in its database. */
  editNext(): Promise<void>;
  /** Publishes what our primary holds. */
  publish(): Promise<void>;
  /** What our primary holds, as it looks here once it is applied. */
  wanted(): DatabaseState;
  /** The instance's database as it is; the server must run. */
  look(): Promise<DatabaseState>;
  /** A new life of the instance. @param more of its environment than it began with */
  start(more?: Readonly<Record<string, string>>): Promise<SupervisorNamespace>;
  /** Waits until a replica holds what our primary does, verified, and gives its look. */
  converge(): Promise<DatabaseState>;
  /** Insists that the repository's latest is what a primary holds. */
  assertPublished(): Promise<void>;
  close(): Promise<void>;
}

interface Options {
  readonly mode: "BACKUP" | "RESTORE";
  readonly env?: Readonly<Record<string, string>>;
  /** Where the server's data are, an empty folder; its options; and who Kuma is to it. */
  readonly mariadb?: {
    readonly folder: string;
    readonly options: readonly string[];
    readonly account: Readonly<Record<string, unknown>>;
  };
}

export async function openMariaDbScenario(
  folder: string,
  { mode, env = {}, mariadb: server }: Options,
): Promise<MariaDbScenario> {
  const [repository, sourceDir, dataDir] = ["repository", "source", "instance"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const port = await freePort();
  const serverDir = server?.folder ?? join(folder, "mariadb");
  mkdirSync(serverDir, { recursive: true });
  const networking = [`--port=${port}`, "--bind-address=127.0.0.1"];
  const mariadb = await startMariadbdIn(serverDir, ...networking, ...(server?.options ?? []));
  const place = await mariadb.create(DATABASE, SIDE_BY_SIDE.mariadb);
  const { username, password } = server?.account ?? {};
  if (username !== undefined)
    await mariadb.run(
      "mysql",
      `CREATE USER '${username}'@'%' IDENTIFIED BY '${password}'`,
      `GRANT ALL ON ${DATABASE}.* TO '${username}'@'%'`,
    );
  await makeRepository(repository);
  fillData(sourceDir);
  const author = createAuthor(repository, "source");
  const chosen = chooseMariaDb(dataDir, port, server?.account);
  const uploadDir = join(dataDir, "upload");
  let version = 0;

  const scenario: MariaDbScenario = {
    ...{ mariadb, port, dataDir, sourceDir },
    instance: undefined as unknown as SupervisorNamespace,
    editNext: async () => {
      version += 1;
      if (mode === "BACKUP")
        return mariadb.run(
          DATABASE,
          `UPDATE monitor SET description = 'version ${version}'; UPDATE tag SET color = '#${version}'`,
        );
      edit(sourceDir, version);
      await scenario.publish();
    },
    publish: async () => {
      await author.publish(takeSnapshot(sourceDir));
    },
    wanted: () => {
      const replicated = withBigints(readReplicatedTables(join(sourceDir, "kuma.db")));
      return stateOf(sourceDir, { replicated, local: {} }, { proven: true, sequences: "" });
    },
    look: () => look(mariadb, scenario),
    start: async (more = {}) => {
      scenario.instance = await openNamespace({
        ...{ mode, name: mode === "BACKUP" ? "primary" : "replica", dataDir, repository },
        env: {
          KUMA_COMMAND: `"${process.execPath}" "${STAND_IN}"`,
          REPLICATOR_ADOPT: "replace",
          ...chosen,
          ...env,
          ...more,
        },
      });
      return scenario.instance;
    },
    converge: async () => {
      // To look takes long, and would slow down what is looked at.
      await scenario.instance.outcome(0);
      const wanted = scenario.wanted();
      let now: DatabaseState | undefined;
      const isEqual = async () => {
        now = await scenario.look();
        const isSettled = now.proven && differing(now, wanted).length === 0 && now.icon === wanted.icon;
        return isSettled && scenario.instance.kumaPid() !== undefined ? now : undefined;
      };
      return waitFor("convergence", isEqual, { every: 100 }).catch(() => {
        const what = now && `${differing(now, wanted).join(", ")}; proven: ${now.proven}`;
        throw new InvariantViolation(
          `did not converge: ${what}\n${scenario.instance.output().slice(-3_000)}`,
        );
      });
    },
    assertPublished: async () => {
      const listed = await author.repository.list(never);
      const read = await openMariaDb({ server: place, uploadDir, kumaVersion: "2.5.3" }).read();
      assertInvariant(listed.ok && read.ok, "the harness itself could not look");
      const latest = listed.value.at(-1)?.contentHash;
      assertInvariant(
        latest === contentHash(read.value),
        "the latest snapshot is not what the primary holds",
      );
    },
    close: async () => {
      await scenario.instance.kill();
      await mariadb.close();
    },
  };
  if (mode === "RESTORE") await scenario.editNext();
  await scenario.start();
  if (mode === "BACKUP") await scenario.instance.untilLogged("published");
  else {
    await scenario.converge();
    await mariadb.run(DATABASE, HISTORY);
  }
  return scenario;
}

/** Of monitors that later versions delete one by one: a history to lose. See source-data.ts. */
const HISTORY = `INSERT INTO heartbeat (monitor_id, status, msg, time, ping)
  SELECT monitor.id, 1, CONCAT('history ', n.i), '2026-11-01 00:00:00', 7
  FROM monitor, (SELECT 1 AS i UNION SELECT 2 UNION SELECT 3) AS n WHERE monitor.id >= 1000`;

type Query = (sql: string) => Promise<RowDataPacket[]>;

async function look(
  mariadb: TestMariaDb,
  folders: Pick<MariaDbScenario, "sourceDir" | "dataDir">,
): Promise<DatabaseState> {
  const connection = await mariadb.connect(DATABASE);
  try {
    const query: Query = async (sql) => (await connection.query<RowDataPacket[]>(sql))[0];
    // As it is at one moment: an instance that was killed may have left a COMMIT under way.
    await query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    return await readAll(query, folders);
  } finally {
    await connection.end();
  }
}

async function readAll(
  query: Query,
  { sourceDir, dataDir }: Pick<MariaDbScenario, "sourceDir" | "dataDir">,
): Promise<DatabaseState> {
  const like = readReplicatedTables(join(sourceDir, "kuma.db"));
  const names = await query(
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1",
  );
  const local = names
    .map(({ name }) => String(name))
    .filter((name) => !(name in like) && !name.startsWith("replicator_"));
  const read = async (name: string, columns?: readonly string[]) => {
    const rows = await query(`SELECT * FROM \`${name}\` ORDER BY 1`);
    const all = columns ?? Object.keys(rows[0] ?? {});
    return [name, { columns: all, rows: rows.map((row) => all.map((column) => row[column])) }] as const;
  };
  const tables = {
    replicated: await Promise.all(Object.entries(like).map(([name, { columns }]) => read(name, columns))),
    local: await Promise.all(local.map((name) => read(name))),
  };
  const [record] = names.some(({ name }) => name === "replicator_apply")
    ? await query("SELECT proven FROM replicator_apply WHERE id = 1")
    : [];
  return stateOf(
    dataDir,
    {
      replicated: withBigints(Object.fromEntries(tables.replicated)),
      local: withBigints(Object.fromEntries(tables.local)),
    },
    { proven: record && record.proven === 1, sequences: "" },
  );
}

/** Whole numbers in one form, whatever the engine gives them as. */
function withBigints(tables: Readonly<Record<string, TableRows>>): Record<string, TableRows> {
  const toBigint = (value: unknown) => (Number.isInteger(value) ? BigInt(Number(value)) : value);
  return Object.fromEntries(
    Object.entries(tables).map(([name, { columns, rows }]) => [
      name,
      { columns, rows: rows.map((row) => row.map(toBigint)) },
    ]),
  );
}
