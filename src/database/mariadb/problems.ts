import { errorMessage } from "../../format.ts";
import { refuse } from "../problems.ts";
import type { DatabaseProblemCode } from "../types.ts";
import type { MariaDbServer } from "./session.ts";

/** A server that has not answered within its time. */
export class TimeUp extends Error {
  constructor(limit: number) {
    super(`no answer within ${limit / 1000} s`);
  }
}

/** A database in which Kuma has not made its tables yet. */
export class NoTables extends Error {
  constructor() {
    super("no tables yet");
  }
}

type Kind = readonly [DatabaseProblemCode, string];

const AWAY: Kind = ["database-unreachable", "cannot be reached"];
const LOST: Kind = ["database-unreachable", "was lost in the middle of its work"];
const LOGIN: Kind = ["database-login-refused", "does not let Uptime Kuma's account in"];
const LOCKED: Kind = ["database-locked", "is locked by another program"];
const READ_ONLY: Kind = ["database-read-only", "cannot be written"];
const FULL: Kind = ["database-full", "cannot grow: its disk or its table space is full"];
const MISFIT: Kind = ["database-cannot-hold", "cannot hold a value that is to be written"];
const TLS: Kind = ["database-untrusted", "was reached, but not with the encryption that is demanded"];

/** By MariaDB's error number (https://mariadb.com/kb/en/mariadb-error-codes/). */
const NUMBERS: Readonly<Record<number, Kind>> = {
  1021: FULL,
  1114: FULL,
  1041: FULL,
  1040: ["database-unreachable", "has too many connections"],
  1053: LOST,
  1077: LOST,
  1317: LOST,
  1927: LOST,
  1044: LOGIN,
  1045: LOGIN,
  1129: LOGIN,
  1130: LOGIN,
  1524: LOGIN,
  1698: LOGIN,
  1049: ["database-missing", "is not there"],
  1146: ["schema-unknown", "lacks a table that Uptime Kuma makes"],
  1205: LOCKED,
  1213: LOCKED,
  1412: ["database-locked", "had its tables changed by another program meanwhile"],
  1142: ["database-read-only", "does not let Uptime Kuma's account do what is needed"],
  1227: ["database-read-only", "does not let Uptime Kuma's account do what is needed"],
  1290: READ_ONLY,
  1792: READ_ONLY,
  1836: READ_ONLY,
  1048: MISFIT,
  1062: MISFIT,
  1118: MISFIT,
  1153: MISFIT,
  1264: MISFIT,
  1265: MISFIT,
  1292: MISFIT,
  1301: MISFIT,
  1366: MISFIT,
  1406: MISFIT,
  3159: TLS,
  4151: TLS,
};

/** By the code of Node's, OpenSSL's or mysql2's errors. */
const CODES: readonly (readonly [RegExp, Kind])[] = [
  [/^(ECONNREFUSED|ENOENT|EACCES|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/, AWAY],
  [/^(ECONNRESET|EPIPE|PROTOCOL_CONNECTION_LOST|PROTOCOL_SEQUENCE_TIMEOUT)$/, LOST],
  [/SSL|TLS|CERT|UNABLE_TO_|SELF_SIGNED/, TLS],
];

/** Whatever mysql2 or the network threw, as a problem that names the database. */
export function explainMariaDb(error: unknown, server: MariaDbServer) {
  const name = describeServer(server);
  const kind = kindOf(error);
  if (kind) return refuse(kind[0], `The database ${name} ${kind[1]} (${tell(error)}).`);
  return refuse("database-failed", `The database ${name} failed: ${tell(error)}.`);
}

/**
 * A server of another make that speaks the same protocol, as MySQL's: it takes other SQL (no default of a LONGTEXT) and
 * refuses other values, and nobody has tried what it would do with an apply.
 * @param version as it says itself; MariaDB's own says "MariaDB"
 */
export function refuseServer(server: MariaDbServer, version: string) {
  return refuse(
    "database-not-mariadb",
    `The database ${describeServer(server)} is not on MariaDB: the server says ${version}.`,
  );
}

/** As "kuma at db.example:3306". */
export function describeServer({ database, address }: MariaDbServer): string {
  return `${database} at ${address.kind === "tcp" ? `${address.host}:${address.port}` : address.path}`;
}

function kindOf(error: unknown): Kind | undefined {
  if (error instanceof TimeUp) return AWAY;
  if (error instanceof NoTables) return ["database-missing", "holds nothing of Uptime Kuma's"];
  const { errno, code } = partsOf(error);
  const known = errno === undefined ? undefined : NUMBERS[errno];
  return known ?? CODES.find(([pattern]) => pattern.test(code))?.[1];
}

function partsOf(error: unknown): { errno: number | undefined; code: string } {
  if (!(error instanceof Error)) return { errno: undefined, code: "" };
  return {
    errno: "errno" in error && typeof error.errno === "number" ? error.errno : undefined,
    code: "code" in error && typeof error.code === "string" ? error.code : "",
  };
}

/** MariaDB's own words, unless they quote a value, which may be a secret: of those the column or key that it names. */
function tell(error: unknown): string {
  const { code } = partsOf(error);
  const message = errorMessage(error);
  if (kindOf(error) === MISFIT)
    return [code, /(column|key) '[^']*'/.exec(message)?.[0]].filter(Boolean).join(", ");
  return code === "" || message.includes(code) ? message : `${message}, ${code}`;
}
