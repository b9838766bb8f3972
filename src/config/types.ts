/** How the instance takes part: the primary publishes, a replica follows. */
export type Role = "primary" | "replica";

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
}

export interface ResticConfig {
  /** Environment of every restic process: restic's and the clouds' variables, and the few that any program needs. */
  readonly env: Readonly<Record<string, string>>;
}

export interface NtfyConfig {
  /** Server root, with scheme, no trailing slash. */
  readonly server: string;
  readonly topic: string;
  readonly token: string | undefined;
}

export interface Config {
  readonly role: Role;
  readonly instanceName: string;
  /** Absolute. */
  readonly stateDir: string;
  readonly kuma: KumaConfig;
  readonly restic: ResticConfig;
  /** Create the repository when there is none. */
  readonly createRepository: boolean;
  /** Milliseconds between two cycles of this instance's role. */
  readonly interval: number;
  readonly ntfy: NtfyConfig | undefined;
  readonly log: { readonly level: "debug" | "info" | "warn" | "error"; readonly format: "text" | "json" };
  /** Said loudly once at start: settings that are accepted, but surely not what was meant. */
  readonly warnings: readonly string[];
  /** Every secret value that we know of; the log replaces each occurrence. */
  readonly secrets: readonly string[];
}
