import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import * as z from "zod";
import { type Result, success } from "../result.ts";
import type { DatabaseLocation, EmbeddedMariaDbLocation, MariaDbLocation } from "./location.ts";
import { refuse } from "./problems.ts";
import type { DatabaseProblem, DatabaseResult } from "./types.ts";

/** What decides where Kuma's database is. */
export interface LocationSources {
  /** Kuma's data folder, absolute. */
  readonly dataDir: string;
  /** Kuma's working folder: paths in its variables are relative to it. */
  readonly kumaDir: string;
  readonly kumaVersion: string;
  /** The variables UPTIME_KUMA_DB_… as Kuma's process sees them. */
  readonly env: Readonly<Record<string, string>>;
  /** Where Kuma's embedded MariaDB is; left out, where Kuma has it. */
  readonly embedded?: Pick<EmbeddedMariaDbLocation, "serverDir" | "socket" | "pidFile" | "runAs">;
}

/** Written into Kuma, whatever its data folder is (server/embedded-mariadb.js of 2.0 to 2.5). */
const KUMAS_EMBEDDED = {
  serverDir: "/app/data/mariadb",
  socket: "/app/data/run/mariadb.sock",
  pidFile: "/app/data/run/mysqld.pid",
  runAs: { name: "node", uid: 1000 },
};

/** As Kuma names the parts, in its db-config.json; whoever wrote it, a missing part may also be null. */
const part = z.string().nullish();
const kumaSettings = z.object({
  type: z.string(),
  hostname: part,
  port: z.union([z.string(), z.number()]).nullish(),
  dbName: part,
  username: part,
  password: part,
  socketPath: part,
  ssl: z.unknown().optional(),
  ca: part,
});

type KumaSettings = z.infer<typeof kumaSettings>;

/**
 * Finds Kuma's database as Kuma does at its start (server/setup-database.js and server/database.js): 1.x has SQLite
 * only; else UPTIME_KUMA_DB_TYPE and its companions, which Kuma writes into db-config.json; else that file; else a
 * kuma.db that 1.x has left; else Kuma asks. Reads files, changes nothing. To be asked anew for each start of Kuma: the
 * files may be others by then.
 *
 * Where Kuma would take a db-config.json that it cannot read for none, and go on with another database, this is a
 * problem: nothing is applied to a database that nobody meant.
 */
export function locateDatabase(sources: LocationSources): DatabaseResult<DatabaseLocation> {
  const { dataDir, env, kumaVersion } = sources;
  const sqlite = { engine: "sqlite", file: join(dataDir, "kuma.db") } as const;
  if (kumaVersion.startsWith("1.")) return success(sqlite);
  const type = env.UPTIME_KUMA_DB_TYPE;
  const stored = readStored(dataDir);
  if (type === undefined || type === "") {
    if (!stored.ok) return stored;
    if (stored.value !== undefined) return toLocation(stored.value, sources);
    return success(existsSync(sqlite.file) ? sqlite : { engine: "not-chosen" });
  }
  const given = readVariables(type, sources);
  if (!given.ok) return given;
  return toLocation({ ...(stored.ok ? stored.value : undefined), ...given.value }, sources);
}

/** What db-config.json says; undefined when there is none. */
function readStored(dataDir: string): DatabaseResult<KumaSettings | undefined> {
  const file = join(dataDir, "db-config.json");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return success(undefined);
    return refuse("database-settings-invalid", `The file ${file} cannot be read (${code}).`);
  }
  try {
    return success(kumaSettings.parse(JSON.parse(text)));
  } catch {
    // Not quoted: it may hold a password.
    return refuse(
      "database-settings-invalid",
      `The file ${file} does not hold the JSON by which Uptime Kuma finds its database.`,
    );
  }
}

/**
 * The parts that the environment gives. Each of them takes the place of the file's, also one that is not set; 2.0 knows
 * only the first six, and no files.
 */
function readVariables(
  type: string,
  { env, kumaDir, kumaVersion }: LocationSources,
): DatabaseResult<KumaSettings> {
  const base = {
    type,
    hostname: env.UPTIME_KUMA_DB_HOSTNAME,
    port: env.UPTIME_KUMA_DB_PORT,
    dbName: env.UPTIME_KUMA_DB_NAME,
  };
  if (kumaVersion.startsWith("2.0."))
    return success({
      ...base,
      username: env.UPTIME_KUMA_DB_USERNAME,
      password: env.UPTIME_KUMA_DB_PASSWORD,
    });
  const values: Partial<Record<"username" | "password" | "ssl" | "ca", string>> = {};
  for (const [key, name] of [
    ["username", "UPTIME_KUMA_DB_USERNAME"],
    ["password", "UPTIME_KUMA_DB_PASSWORD"],
    ["ssl", "UPTIME_KUMA_DB_SSL"],
    ["ca", "UPTIME_KUMA_DB_CA"],
  ] as const) {
    const value = valueOrFile(name, env, kumaDir);
    if (!value.ok) return value;
    if (value.value !== undefined) values[key] = value.value;
  }
  return success({
    ...base,
    username: values.username,
    password: values.password,
    socketPath: env.UPTIME_KUMA_DB_SOCKET?.trim(),
    ssl: values.ssl?.toLowerCase() === "true",
    ca: values.ca,
  });
}

function valueOrFile(
  name: string,
  env: LocationSources["env"],
  kumaDir: string,
): Result<string | undefined, DatabaseProblem> {
  const [value, file] = [env[name], env[`${name}_FILE`]];
  if (value && file)
    return refuse(
      "database-settings-invalid",
      `${name} and ${name}_FILE are both set, and Uptime Kuma refuses to choose.`,
    );
  if (!file) return success(value);
  try {
    return success(readFileSync(resolve(kumaDir, file), "utf8").trim());
  } catch (error) {
    // The path is not quoted: it may be the secret itself, put where the name of its file belongs.
    return refuse(
      "database-settings-invalid",
      `The file that ${name}_FILE names cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
}

function toLocation(
  settings: KumaSettings,
  { dataDir, embedded }: LocationSources,
): DatabaseResult<DatabaseLocation> {
  switch (settings.type) {
    case "sqlite":
      return success({ engine: "sqlite", file: join(dataDir, "kuma.db") });
    case "embedded-mariadb":
      return success({
        engine: "embedded-mariadb",
        ...(embedded ?? KUMAS_EMBEDDED),
        database: "kuma",
        user: userName(),
      });
    case "mariadb":
      return toMariaDb(settings);
    default:
      return refuse(
        "database-settings-invalid",
        `Uptime Kuma's database is set to the type ${JSON.stringify(settings.type)}, which there is not.`,
      );
  }
}

function toMariaDb(settings: KumaSettings): DatabaseResult<MariaDbLocation> {
  const { hostname, socketPath, dbName, username, password, ca } = settings;
  if (!dbName)
    return refuse(
      "database-settings-invalid",
      "Uptime Kuma's MariaDB has no database name (UPTIME_KUMA_DB_NAME).",
    );
  const port = Number(settings.port || 3306);
  if (!socketPath && !(Number.isInteger(port) && port > 0 && port < 65_536))
    return refuse(
      "database-settings-invalid",
      `Uptime Kuma's MariaDB has the port ${JSON.stringify(settings.port)}, which there is not.`,
    );
  return success({
    engine: "mariadb",
    address: socketPath
      ? { kind: "socket", path: socketPath }
      : { kind: "tcp", host: hostname || "localhost", port },
    database: dbName,
    user: username ?? "",
    password: password ?? "",
    tls: settings.ssl ? { ca: ca && ca.trim() !== "" ? ca : undefined } : undefined,
  });
}

/** A user without an entry in /etc/passwd has no name, and Kuma does not start its MariaDB for one. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "");
  }
}
