// Who may import whom. `npm run check` fails on any other import (scripts/check-imports.mjs), and the table of
// folders in docs/architecture.md is written from this one (node scripts/check-imports.mjs --write).

/**
 * The folders of src/, from the ground up: each may import only what stands above it here and is named in `imports`. A
 * folder is entered by its index.ts. `entries` names more doors: what the health check needs, which runs every minute
 * and does without the schema of all settings, SQLite and the log.
 */
export const folders = {
  config: {
    holds: "environment → one typed, frozen Config, or all errors at once; which variables a child may see",
    imports: [],
    entries: ["index.ts", "dotenv.ts", "kuma.ts"],
  },
  pid1: {
    holds: "duties of PID 1: signals, orphans, killing a process tree, exit codes",
    imports: [],
    entries: ["index.ts", "early.ts"],
  },
  snapshot: {
    holds: "the format: encode, decode, verify, hash, count changes. Pure, no I/O",
    imports: [],
  },
  patch: {
    holds: "build-time patching of Kuma's source; what it injects is in `patches/`",
    imports: [],
  },
  diff: {
    holds: "what differs between two contents, in names that people know, without secrets. Pure, no I/O",
    imports: ["snapshot"],
  },
  export: {
    holds: "a snapshot as one JSON document and back, as SQL, and as a file for each table. Pure, no I/O",
    imports: ["diff", "snapshot"],
  },
  events: {
    holds: "the union of all events, their words, the log. Sends nothing",
    imports: ["config", "snapshot"],
  },
  observed: {
    holds: "one fold of the events into what is known of this instance; the status file",
    imports: ["config", "events", "snapshot"],
    entries: ["index.ts", "status.ts"],
  },
  fetch: {
    holds: "our own HTTP requests: through the environment's proxy, within a time limit",
    imports: ["config"],
  },
  ntfy: {
    holds: "messages to people through ntfy and webhooks, and the subscription that wakes a replica",
    imports: ["config", "events", "fetch", "snapshot"],
  },
  ping: {
    holds: "the dead man's switch, pinged after each cycle",
    imports: ["config", "events", "fetch"],
  },
  kuma: {
    holds: "the child: one process of it, and the supervisor that keeps it alive; readiness; version",
    imports: ["config", "events", "pid1"],
    entries: ["index.ts", "probe.ts"],
  },
  database: {
    holds: "Kuma's database: catalog of tables, read, plan, apply, confirm, roll back; uploaded icons",
    imports: ["config", "diff", "export", "snapshot"],
  },
  alerts: {
    holds:
      "which instance sends a message of Kuma's, and when: what was told, whose turn it is, what is withheld. Only `file.ts` does I/O",
    imports: ["config", "kuma"],
  },
  peers: {
    holds:
      "what instances tell one another: pages, encrypted, over HTTP; what each knows of the others; who agrees on a monitor",
    imports: ["alerts", "config", "database", "events", "fetch", "kuma", "observed"],
  },
  "bash-snapshots": {
    holds: "reads what the bash versions published, in a process of its own, into the snapshot's form",
    imports: ["database", "snapshot"],
  },
  mariadbd: {
    holds: "the MariaDB server that Kuma 2 can start for itself, while Kuma is stopped: found, used, ended",
    imports: ["config", "database", "events", "kuma", "pid1"],
  },
  repository: {
    holds: "the restic client: typed results, typed problems",
    imports: ["config"],
  },
  replication: {
    holds:
      "the only place that knows the whole story: the cycles of `primary/` and `replica/`, `apply/`, what comes after what (`chain/`), what is remembered (`state/`), operator `commands/`",
    imports: ["bash-snapshots", "config", "database", "diff", "events", "kuma", "repository", "snapshot"],
  },
  "export-folder": {
    holds: "keeps a folder as Kuma is configured, after each publish and apply (REPLICATOR_EXPORT_DIR)",
    imports: ["config", "database", "events"],
  },
  web: {
    holds:
      "page, metrics and health over HTTP, made from what is observed. Read-only; and the door for other instances",
    imports: ["config", "events", "observed", "peers", "snapshot"],
  },
  control: {
    holds: "the control socket: protocol, server in the running instance, client for the commands",
    imports: ["config", "events", "kuma", "observed", "peers", "replication", "snapshot"],
  },
  doctor: {
    holds: "checks of what goes wrong in practice, each gives a finding",
    imports: [
      "config",
      "database",
      "diff",
      "events",
      "fetch",
      "patch",
      "replication",
      "repository",
      "snapshot",
    ],
  },
  cli: {
    holds:
      "one file per command; `main.ts` is the entry, `run.ts` the only place that puts the parts together",
    imports: "all",
  },
};

/**
 * Folders outside src/, and what each may import besides itself. `src` means any file of it: a test may look inside.
 */
export const outside = {
  "test/support": ["src"],
  "test/fixtures": ["src"],
  "test/backends": ["src", "test/support"],
  "test/faults": ["src", "test/support"],
  "test/image": ["src", "test/support"],
  "test/conformance": ["src", "test/support"],
  "test/e2e": ["src", "test/support", "scripts/demo"],
  test: ["src", "test/support", "bench", "scripts"],
  bench: ["src", "test/support"],
  "scripts/demo": ["src", "test/support"],
  scripts: [],
};
