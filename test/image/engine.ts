import { execa } from "execa";
import { LabError } from "../support/install/lab-error.ts";
import { onPath } from "../support/install/on-path.ts";
import { projectFolder } from "../support/paths.ts";
import { PATIENCE } from "../support/wait.ts";

/** A command of the engine that takes longer hangs, milliseconds; a build compiles SQLite, under QEMU too. */
const COMMAND_LIMIT = PATIENCE;
const BUILD_LIMIT = 20 * 60_000;

/** Whether a Docker engine answers. */
export async function isEngineUp(): Promise<boolean> {
  if (onPath("docker") === undefined) return false;
  const { failed } = await execa("docker", ["version"], { reject: false, timeout: 10_000 });
  return !failed;
}

/** Runs docker, gives what it wrote. Throws a LabError with docker's own words when it fails. */
export async function docker(args: readonly string[], input?: string): Promise<string> {
  const { failed, stdout, stderr } = await execa("docker", args, {
    reject: false,
    timeout: COMMAND_LIMIT,
    input: input ?? "",
  });
  if (failed) throw new LabError(`docker ${args.slice(0, 3).join(" ")} failed: ${stderr || stdout}`);
  return stdout;
}

/** Makes an image be there: a build leaves the base that it fetched to the builder, where inspect does not see it. */
export async function pullMissing(image: string): Promise<void> {
  const { failed } = await execa("docker", ["image", "inspect", image], {
    reject: false,
    timeout: COMMAND_LIMIT,
  });
  if (failed) await execa("docker", ["pull", "--quiet", image], { timeout: BUILD_LIMIT });
}

/** Builds an image: the project's, or one of a Dockerfile that needs no other file. @param args its build arguments */
export async function buildImage(
  tag: string,
  args: Readonly<Record<string, string>>,
  dockerfile?: string,
): Promise<void> {
  const given = Object.entries(args).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
  const { failed, all } = await execa(
    "docker",
    ["build", "--tag", tag, ...given, dockerfile === undefined ? "." : "-"],
    { cwd: projectFolder, input: dockerfile ?? "", all: true, reject: false, timeout: BUILD_LIMIT },
  );
  if (failed) throw new LabError(`docker build failed:\n${all.split("\n").slice(-30).join("\n")}`);
}

/** What a container has written so far, standard output and error in the order they came. */
export async function logsOf(container: string): Promise<string> {
  const { all } = await execa("docker", ["logs", container], { all: true, timeout: COMMAND_LIMIT });
  return all;
}

/** What `docker inspect` says of a container or an image in one field of its, such as `.State.Health.Status`. */
export async function inspect(name: string, field: string): Promise<unknown> {
  return JSON.parse(await docker(["inspect", "--format", `{{json ${field}}}`, name]));
}

export type Compose = (...args: string[]) => Promise<string>;

/** docker compose, the plugin or the older program of its own, for one project made of the project's compose file. */
export async function findCompose(project: string, env: Readonly<Record<string, string>>): Promise<Compose> {
  const { failed } = await execa("docker", ["compose", "version"], { reject: false, timeout: 10_000 });
  const [program, ...first] = failed ? ["docker-compose"] : ["docker", "compose"];
  if (program === undefined || onPath(program) === undefined)
    throw new LabError(
      "There is a Docker engine, but no docker compose. On Debian: apt-get install docker-compose",
    );
  return async (...args) => {
    const done = await execa(program, [...first, "-p", project, ...args], {
      cwd: projectFolder,
      env,
      all: true,
      reject: false,
      timeout: args[0] === "build" ? BUILD_LIMIT : COMMAND_LIMIT,
    });
    if (done.failed)
      throw new LabError(`docker compose ${args[0]} failed:\n${done.all.split("\n").slice(-30).join("\n")}`);
    return done.stdout;
  };
}
