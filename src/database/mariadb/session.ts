import { connect as openSocket, type Socket } from "node:net";
import { type Connection, createConnection, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";
import type { Value } from "../../snapshot/index.ts";
import type { MariaDbLocation } from "../location.ts";
import type { DatabaseResult } from "../types.ts";
import { explainMariaDb, refuseServer, TimeUp } from "./problems.ts";

/** Where the server is, and as whom it is asked. */
export type MariaDbServer = Omit<MariaDbLocation, "engine">;

/** A value as mysql2 gives it here: INT as number, BIGINT, dates and all text as string. */
export type Cell = null | number | string | Buffer;

/** One connection, for the time of one call; its statements follow one another. */
export interface Session {
  /** Bytes that the server takes at a time; who sends more loses the connection. */
  readonly maxPacket: number;
  /** The rows of a statement without parameters. */
  read(sql: string): Promise<Cell[][]>;
  /** The rows of a statement with parameters. */
  ask(sql: string, values: readonly Value[]): Promise<Cell[][]>;
  /**
   * A statement that changes something.
   * @param limit milliseconds; for one that may touch millions of rows
   * @returns how many rows it has changed
   */
  run(sql: string, values?: readonly Value[], limit?: number): Promise<number>;
}

/** Milliseconds. A statement waits less long for a lock, so one that takes longer waits for a server that is gone. */
const LIMIT = { connect: 10_000, statement: 60_000, end: 1_000 };

/**
 * Seconds that a statement waits for a lock of rows or of a table, such as an ALTER's; MariaDB's own are 50 and a day.
 */
const LOCK_WAIT = 10;

/**
 * Never what the server is set to: without strict mode it cuts what is too long, with a warning. Foreign keys are off,
 * so that deleting a monitor does not cascade to its heartbeats; times that the server makes are UTC, as SQLite's are.
 */
const SETTINGS = [
  `SET SESSION sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION',
    time_zone = '+00:00', foreign_key_checks = 0, innodb_lock_wait_timeout = ${LOCK_WAIT}, lock_wait_timeout = ${LOCK_WAIT}`,
  "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
];

/**
 * Connects, does the work, disconnects; what is not committed by then the server undoes. Whatever fails comes back as a
 * problem, and every wait has a limit.
 */
export async function withSession<T>(
  server: MariaDbServer,
  work: (session: Session) => Promise<DatabaseResult<T>>,
): Promise<DatabaseResult<T>> {
  const { address } = server;
  const socket = address.kind === "tcp" ? openSocket(address.port, address.host) : openSocket(address.path);
  try {
    const connection = await within(LIMIT.connect, socket, connect(server, socket));
    const session = createSession(connection, socket);
    for (const statement of SETTINGS) await session.run(statement);
    const [[version, maxPacket] = []] = await session.read("SELECT VERSION(), @@max_allowed_packet");
    if (!String(version).includes("MariaDB")) return refuseServer(server, String(version));
    const result = await work({ ...session, maxPacket: Number(maxPacket) });
    // In order, or the server logs each call as an aborted connection.
    await within(LIMIT.end, socket, connection.end()).catch(() => {});
    return result;
  } catch (error) {
    return explainMariaDb(error, server);
  } finally {
    socket.destroy();
  }
}

/**
 * What goes in and comes out unchanged (measured with mysql2 3.24): by default whole numbers lose digits beyond 2^53,
 * and dates become `Date` in the zone of this process. Over TLS the certificate is verified as Kuma does it: its chain,
 * not its name.
 */
async function connect(
  { user, password, database, tls }: MariaDbServer,
  socket: Socket,
): Promise<Connection> {
  const connection = await createConnection({
    stream: () => socket,
    user,
    password,
    database,
    connectTimeout: LIMIT.connect,
    ...(tls ? { ssl: { ...(tls.ca === undefined ? {} : { ca: tls.ca }), rejectUnauthorized: true } } : {}),
    charset: "utf8mb4_bin",
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    rowsAsArray: true,
  });
  // Without a listener a connection that is lost between two statements would end this process; the next one tells it.
  connection.on("error", () => {});
  return connection;
}

function createSession(connection: Connection, socket: Socket): Omit<Session, "maxPacket"> {
  return {
    read: async (sql) => {
      const [rows] = await within(LIMIT.statement, socket, connection.query<RowDataPacket[][]>(sql));
      return rows as unknown as Cell[][];
    },
    ask: async (sql, values) => {
      const [rows] = await within(
        LIMIT.statement,
        socket,
        connection.execute<RowDataPacket[][]>(sql, values.map(toParameter)),
      );
      return rows as unknown as Cell[][];
    },
    run: async (sql, values, limit = LIMIT.statement) => {
      // What cannot be prepared, such as CREATE TABLE in some releases, has no parameters either.
      const done = values
        ? connection.execute<ResultSetHeader>(sql, values.map(toParameter))
        : connection.query<ResultSetHeader>(sql);
      const [{ affectedRows }] = await within(limit, socket, done);
      return affectedRows;
    },
  };
}

function toParameter(value: Value) {
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

/** A server that does not answer in time is cut off, so that what waits for it ends. */
async function within<T>(limit: number, socket: Socket, answer: Promise<T>): Promise<T> {
  const timer = setTimeout(() => socket.destroy(new TimeUp(limit)), limit);
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}
