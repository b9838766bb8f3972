import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { projectFolder } from "../paths.ts";

/** How a file of deploy/ runs an instance, in the words of `docker run`. */
export interface Form {
  /** Its path in deploy/. */
  readonly file: string;
  /** uid:gid */
  readonly user: string;
  readonly isReadOnly: boolean;
  readonly dropped: readonly string[];
  readonly added: readonly string[];
  /** undefined: there is no way to say it there. */
  readonly noNewPrivileges: boolean | undefined;
  /** Folders on a temporary file system. */
  readonly temporary: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** How long a stop may take until it is a kill, seconds; undefined: there is no way to say it there. */
  readonly stopTimeout: number | undefined;
}

/** The text of a file in deploy/. */
export function readDeployFile(file: string): string {
  return readFileSync(join(projectFolder, "deploy", file), "utf8");
}

/** A YAML file in deploy/, its merge keys resolved. */
export function parseDeployFile(file: string): unknown {
  return parse(readDeployFile(file), { merge: true });
}

/** Lines NAME=value of a file in deploy/, as Docker, Podman and kustomize read them. */
export function parseSettingsFile(file: string): Record<string, string> {
  const lines = readDeployFile(file)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(lines.map(splitAtEquals));
}

/** NAME=value in its two parts. */
export function splitAtEquals(line: string): [string, string] {
  const at = line.indexOf("=");
  return [line.slice(0, at), line.slice(at + 1)];
}

/** The security settings as arguments of `docker run`. */
export function securityArgs(form: Form): string[] {
  return [
    ...["--user", form.user],
    ...(form.isReadOnly ? ["--read-only"] : []),
    ...form.dropped.flatMap((capability) => ["--cap-drop", capability]),
    ...form.added.flatMap((capability) => ["--cap-add", capability]),
    ...(form.noNewPrivileges ? ["--security-opt", "no-new-privileges"] : []),
    ...form.temporary.flatMap((folder) => ["--tmpfs", folder]),
  ];
}
