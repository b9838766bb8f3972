/**
 * What a snapshot holds, in memory. Pure data: no I/O, no knowledge of SQLite, restic or Kuma's tables.
 */

/** One stored value with its type: INTEGER is bigint, REAL is number, TEXT string, BLOB Uint8Array, NULL null. */
export type Value = null | bigint | number | string | Uint8Array;

/** The values of one row, in the order of its table's `columns`. */
export type Row = readonly Value[];

export interface Table {
  readonly name: string;
  /** Sorted by name. Holds the primary key `id`; never a column that Kuma writes by itself. */
  readonly columns: readonly string[];
  /** The column that names the owning account, if the table has one. Carried, but not part of the content. */
  readonly owner?: string;
  /**
   * What a column holds when nobody set it: the constant default of the publishing schema, non-NULL ones only. Lets
   * a replica whose Kuma lacks the column tell "unset" from "holds something". Carried, but not part of the content.
   */
  readonly defaults?: Readonly<Record<string, Value>>;
  /** Sorted by primary key. */
  readonly rows: readonly Row[];
}

/** An uploaded file that a row refers to (an icon of a status page). */
export interface UploadedFile {
  /** Name inside Kuma's upload folder: letters, digits, dot, dash and underscore only; never a path. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What is replicated: all that the content hash covers. */
export interface Content {
  /** In catalog order. */
  readonly tables: readonly Table[];
  /** Sorted by name. */
  readonly files: readonly UploadedFile[];
  /**
   * What it says nothing of, so that it stays as it is wherever the content is applied: names of tables, and "file" for
   * the uploaded files. Left out when it speaks of all, as everything does that this program publishes.
   */
  readonly omits?: readonly string[];
}

/** Where a snapshot comes from; not part of the content hash. */
export interface Origin {
  readonly kumaVersion: string;
  readonly instanceName: string;
  readonly instanceId: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export interface Snapshot {
  readonly origin: Origin;
  readonly content: Content;
}
