/** Where Kuma's database is, as plain data: it may cross to another thread. */
export type DatabaseLocation = SqliteLocation | MariaDbLocation | EmbeddedMariaDbLocation | NotChosenLocation;

export interface SqliteLocation {
  readonly engine: "sqlite";
  /** Absolute; need not exist yet. */
  readonly file: string;
}

/** A MariaDB or MySQL server that somebody else runs. */
export interface MariaDbLocation {
  readonly engine: "mariadb";
  /** A socket wins over host and port, as in Kuma. */
  readonly address:
    | { readonly kind: "tcp"; readonly host: string; readonly port: number }
    | { readonly kind: "socket"; readonly path: string };
  readonly database: string;
  readonly user: string;
  /** A secret; empty: none. */
  readonly password: string;
  /**
   * Undefined: unencrypted. Else the server's certificate is verified, against `ca` (PEM) or what the system trusts.
   */
  readonly tls: { readonly ca: string | undefined } | undefined;
}

/** The MariaDB server that Kuma starts by itself. It is reached by its socket, without a password. */
export interface EmbeddedMariaDbLocation {
  readonly engine: "embedded-mariadb";
  readonly socket: string;
  readonly pidFile: string;
  /** The server's own data folder. */
  readonly serverDir: string;
  readonly database: string;
  /** Who the server runs as, and its files belong to, when Kuma is root. */
  readonly runAs: { readonly name: string; readonly uid: number };
  /** The name of the user that Kuma runs as, who is let in as such (unix_socket). */
  readonly user: string;
}

/** A new Kuma 2 that asks in its setup page which database to use, and has not been answered. */
export interface NotChosenLocation {
  readonly engine: "not-chosen";
}

/** How a MariaDB server is connected to, whoever runs it. */
export function serverOf(
  location: MariaDbLocation | EmbeddedMariaDbLocation,
): Omit<MariaDbLocation, "engine"> {
  if (location.engine === "mariadb") return location;
  const { socket: path, database, user } = location;
  return { address: { kind: "socket", path }, database, user, password: "", tls: undefined };
}
