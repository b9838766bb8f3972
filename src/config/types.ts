import type { SettingProblem } from "./mistake.ts";

/** How the instance takes part: the primary publishes, a replica follows. */
export type Role = "primary" | "replica";

/**
 * How a snapshot reaches a Kuma that runs: "live" changes the configuration under it, by a channel to the module that
 * was put into it; "restart" stops it, changes its database and starts it again.
 */
export type ApplyWay = "live" | "restart";

/**
 * Which instances send the messages of a monitor: "each" by itself, as Kuma does; "annotate": each, and every message
 * ends with who agrees; "once": one of them; "quorum": one of them, once enough of them agree.
 */
export type AlertMode = "each" | "annotate" | "once" | "quorum";

/** The supervisor's patience, all times in milliseconds. */
export interface KumaLimits {
  /**
   * From SIGTERM to SIGKILL of the whole tree. Kuma itself takes 4 s, at times 6 s, to end (measured on 1.23.17,
   * 2.5.3).
   */
  readonly stopGrace: number;
  /** How long a started Kuma may stay silent before it counts as hung. One that answers (a migration) has no limit. */
  readonly startLimit: number;
  /** Crashes in a row until the supervisor gives up and ends with Kuma's exit code. */
  readonly restartLimit: number;
  /** Pause after the first crash; it doubles up to MAX_RESTART_PAUSE. */
  readonly restartPause: number;
}

export interface KumaConfig {
  /** Kuma's tree, absolute; the child's working folder. */
  readonly dir: string;
  /** Program and arguments, never through a shell. */
  readonly command: readonly [string, ...string[]];
  /** Kuma's data folder, absolute. */
  readonly dataDir: string;
  /** Where readiness is asked: scheme, host and port, no trailing slash. */
  readonly url: string;
  /** Environment of the child: none of our secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** TZ as the child sees it: of its environment, else of the `.env` in its own folder; undefined: not set. */
  readonly timeZone: string | undefined;
  /** UPTIME_KUMA_DB_… as the child sees them: of its environment, else of the `.env` in its own folder. */
  readonly databaseEnv: Readonly<Record<string, string>>;
  readonly limits: KumaLimits;
  /** REPLICATOR_APPLY. */
  readonly apply: ApplyWay;
  /** Kuma is started with an IPC channel: for applies without a restart, and for what instances tell one another. */
  readonly hasChannel: boolean;
  /** Who Kuma runs as and its data folder belongs to; undefined: as we do. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

export interface ResticConfig {
  /** Environment of every restic process: restic's and the clouds' variables, and the few that any program needs. */
  readonly env: Readonly<Record<string, string>>;
  /** Added to the arguments of every call (REPLICATOR_RESTIC_OPTIONS); none when left out. */
  readonly options?: readonly string[];
  /** What restic must not be quoted with, also from files that the environment names; longest first. */
  readonly secrets?: readonly string[];
}

export interface NtfyConfig {
  /** Server root, with scheme, no trailing slash. */
  readonly server: string;
  readonly topic: string;
  /** Value of the Authorization header: "Bearer TOKEN", or "Basic …" of the address's own user and password. */
  readonly authorization: string | undefined;
  /** What the address had after its "?", without that; left out when it had nothing. */
  readonly query?: string;
  /** More headers for each request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An address of NTFY_URL that is no ntfy topic: it is posted plain text, as the bash version posted it. */
export interface WebhookConfig extends Omit<NtfyConfig, "server" | "topic"> {
  /** Without its query. */
  readonly url: string;
}

/** The proxies of our own requests, whole addresses; undefined: that kind goes without. */
export interface ProxyConfig {
  /** For http addresses. */
  readonly http: string | undefined;
  /** For https addresses. */
  readonly https: string | undefined;
  /** Entries of NO_PROXY. */
  readonly bypass: readonly string[];
}

/** What people are told of through ntfy: publishes and applies, failures and recoveries, both, or nothing. */
export type NotifyLevel = "all" | "changes" | "errors" | "off";

export interface ListenAddress {
  /** A name or address without brackets; undefined: every address of the machine. */
  readonly host: string | undefined;
  readonly port: number;
}

export interface HttpConfig extends ListenAddress {
  /** `user:password` that the page and the metrics ask for; undefined: open. */
  readonly credentials: string | undefined;
}

/** What instances tell one another. */
export interface PeersConfig {
  /** Of others, without "/" at the end; this instance's own may be among them. */
  readonly addresses: readonly string[];
  /** What the key is derived from that they all have: a secret. */
  readonly secret: string;
  readonly alert: AlertMode;
  /** So many instances must have a monitor down with "quorum", this one among them; "majority": more than half. */
  readonly agree: number | "majority";
  /** How long those are waited for that have not looked yet, milliseconds. */
  readonly wait: number;
  /** After so long what too few have down is told all the same, milliseconds; no less than `wait`. */
  readonly alone: number;
}

export interface Config {
  /** What REPLICATOR_MODE asks for. The role at work may be another one: see src/replication/state/role.ts. */
  readonly role: Role;
  readonly instanceName: string;
  /** Absolute. */
  readonly stateDir: string;
  readonly kuma: KumaConfig;
  readonly restic: ResticConfig;
  /** Create the repository when there is none. */
  readonly createRepository: boolean;
  /** Publish once onto a snapshot that this instance has neither published nor applied (REPLICATOR_TAKEOVER). */
  readonly takeover: boolean;
  /**
   * What a replica does with a configuration of its own that the first snapshot does not have: "ask" applies nothing
   * until a person says so, "replace" applies.
   */
  readonly adopt: "ask" | "replace";
  /** As a replica, values that were set here of proxies, Docker hosts and remote browsers stay. */
  readonly ownValues: boolean;
  /** As a replica, what is added here stays here. */
  readonly local: boolean;
  /** Accounts and API keys are replicated, too. */
  readonly accounts: boolean;
  /**
   * Where push monitors are active; "primary": on a replica they are paused, for what pushes reaches one instance
   * alone.
   */
  readonly push: "everywhere" | "primary";
  /** What a primary keeps of our snapshots, as arguments of `restic forget`; none: everything. */
  readonly keep: readonly string[];
  /** How long Kuma must live with a new configuration before it counts as verified, milliseconds after it is ready. */
  readonly verifyWindow: number;
  /** Milliseconds between two cycles, in each role: a command may change the role while this runs. */
  readonly intervals: Readonly<Record<Role, number>>;
  /** Where notices go; or they go to a webhook, or nowhere. */
  readonly ntfy: NtfyConfig | undefined;
  readonly webhook: WebhookConfig | undefined;
  /** Where the same notices go as JSON (REPLICATOR_WEBHOOK_URL), besides; a secret. */
  readonly jsonWebhookUrl: string | undefined;
  readonly notify: {
    readonly level: NotifyLevel;
    /** What a tap on a notice opens. */
    readonly clickUrl: string | undefined;
  };
  /**
   * The topic by which a primary wakes its replicas (REPLICATOR_WAKE); undefined: they look at their interval alone.
   */
  readonly wake: NtfyConfig | undefined;
  /** What ntfy, webhooks and dead man's switch are reached through; undefined: nothing. */
  readonly proxy: ProxyConfig | undefined;
  /** The dead man's switch that is pinged after each cycle; a secret. */
  readonly pingUrl: string | undefined;
  /** Where page, metrics and health are served; undefined: nowhere. */
  readonly http: HttpConfig | undefined;
  /** Undefined: this instance neither asks nor answers any other. */
  readonly peers: PeersConfig | undefined;
  /** The folder that is kept as Kuma is configured, absolute; undefined: there is none. */
  readonly exportFolder: { readonly dir: string; readonly withSecrets: boolean } | undefined;
  readonly log: { readonly level: "debug" | "info" | "warn" | "error"; readonly format: "text" | "json" };
  /** Said loudly once at start: settings that are wrong or surely not what was meant, and what is done instead. */
  readonly warnings: readonly string[];
  /** What makes replication impossible, everything at once: Kuma runs without it. None: it is possible. */
  readonly obstacles: readonly SettingProblem[];
  /** Every secret value that we know of; the log replaces each occurrence. */
  readonly secrets: readonly string[];
}
