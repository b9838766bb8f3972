/** Variables of an instance. */
export type Env = Readonly<Record<string, string>>;

/** A kind of storage that restic speaks to. */
export interface Backend {
  readonly name: string;
  /** Serves an empty one, with nothing in it, not even a repository. @param folder empty, for all that it keeps */
  open(folder: string, restic: Restic): Promise<OpenBackend>;
}

/** The restic that the instances run. */
export interface Restic {
  /** As `0.14.0`. */
  readonly version: string;
  /** That finds it before any other. */
  readonly path: string;
}

export interface OpenBackend {
  /** Where the repository is, with credentials that may do everything there. */
  readonly full: Env;
  /** With credentials that may read and nothing else. */
  readonly readOnly: Env;
  /** With credentials that may add, and remove nothing but locks; undefined: this kind has no such thing. */
  readonly appendOnly?: Env;
  readonly mistakes: readonly Mistake[];
  /** What a primary says that has something to publish with the credentials of a replica. */
  readonly whenReadOnly: RegExp;
  /** What an instance says that stood in agreement, once it is away. */
  readonly whenAway: RegExp;
  /** Nobody reaches it any more, until it is back. */
  away(): Promise<void>;
  back(): Promise<void>;
  /** How many requests it has answered so far; undefined: it does not count any. */
  requests?(): number;
  close(): Promise<void>;
}

/** One thing that a person gets wrong, and what the instance must say of it. */
export interface Mistake {
  readonly name: string;
  readonly mode: "BACKUP" | "RESTORE";
  readonly env: Env;
  readonly says: RegExp;
}
