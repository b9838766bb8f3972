import assert from "node:assert/strict";
import { securityArgs } from "../../support/deploy/form.ts";
import { readKubernetes } from "../../support/deploy/kubernetes.ts";
import { publishAlone } from "../alone.ts";
import type { Checklist } from "../checklist.ts";
import { docker } from "../engine.ts";

/** Of the container, and of its volume. */
const NAME = `replicator-kuma-confined-${process.pid}`;

/** One container with the very security settings of deploy/kubernetes, which the other files there share. */
export async function checkConfined({ check }: Checklist, image: string): Promise<void> {
  const promise = "publishes and answers its probes with the rights that deploy/kubernetes leaves it";
  await check(promise, () => publishConfined(image).finally(removeConfined));
  await check("starts ping only where NET_RAW is added, as deploy/ says", () => pingConfined(image));
}

/** Leaves nothing of it behind, whether it is there or not. */
export async function removeConfined(): Promise<void> {
  await docker(["rm", "--force", "--volumes", NAME]);
  await docker(["volume", "rm", "--force", NAME]);
}

async function publishConfined(image: string): Promise<void> {
  const form = readKubernetes("primary");
  const volume = `${NAME}:/app/data`;
  // A new volume belongs to whom the base says; in a cluster fsGroup does this.
  const change = ["--entrypoint", "chown", image, "-R", form.user, "/app/data"];
  await docker(["run", "--rm", "--user", "0", "--volume", volume, ...change]);
  await publishAlone({
    image,
    name: NAME,
    args: [...securityArgs(form), "--volume", volume],
    env: { RESTIC_REPOSITORY: "/app/data/repository", REPLICATOR_HTTP: form.env.REPLICATOR_HTTP ?? "" },
    whileItRuns: async (shell) => {
      for (const { port, path } of form.probes) {
        const ask = `fetch("http://127.0.0.1:${port}${path}").then(({ status }) => console.log(status))`;
        assert.equal((await shell(`node --eval '${ask}'`)).trim(), "200", path);
      }
    },
  });
}

async function pingConfined(image: string): Promise<void> {
  const form = readKubernetes("primary");
  const ping = (added: readonly string[]) =>
    docker([
      ...["run", "--rm", ...securityArgs({ ...form, added })],
      ...["--entrypoint", "ping", image, "-c", "1", "127.0.0.1"],
    ]);
  await assert.rejects(ping([]), /not permitted/);
  assert.match(await ping(["NET_RAW"]), /1 received/);
}
