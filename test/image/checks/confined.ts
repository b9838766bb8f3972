import { publishAlone } from "../alone.ts";
import type { Checklist } from "../checklist.ts";
import { docker } from "../engine.ts";

const USER = "1000:1000";
/** Of the container, and of its volume. */
const NAME = `replicator-kuma-confined-${process.pid}`;

/** One container with all rights taken from it that an image can do without. */
export async function checkConfined({ check }: Checklist, image: string): Promise<void> {
  const promise = "publishes with a read-only root, no capability, no new privilege and another user";
  await check(promise, () => publishConfined(image).finally(removeConfined));
}

/** Leaves nothing of it behind, whether it is there or not. */
export async function removeConfined(): Promise<void> {
  await docker(["rm", "--force", "--volumes", NAME]);
  await docker(["volume", "rm", "--force", NAME]);
}

async function publishConfined(image: string): Promise<void> {
  const volume = `${NAME}:/app/data`;
  // A new volume belongs to whom the base says; whoever runs it as another user has done this too.
  const change = ["--entrypoint", "chown", image, "-R", USER, "/app/data"];
  await docker(["run", "--rm", "--user", "0", "--volume", volume, ...change]);
  await publishAlone({
    image,
    name: NAME,
    args: [
      ...["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
      ...["--user", USER, "--volume", volume],
    ],
    env: { RESTIC_REPOSITORY: "/app/data/repository" },
  });
}
