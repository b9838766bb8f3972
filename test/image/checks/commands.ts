import assert from "node:assert/strict";
import * as z from "zod";
import type { Container } from "../container.ts";
import type { Containers } from "./pair.ts";

const statusShape = z.object({
  role: z.string(),
  kuma: z.object({ state: z.string() }),
  repository: z.object({ behind: z.number(), primary: z.object({ name: z.string() }) }),
  edited: z.boolean(),
});
const snapshotsShape = z.array(z.object({ id: z.string() }));
const diffShape = z.object({ changes: z.array(z.unknown()) });

/**
 * Uses the commands as a person beside the running containers would.
 * @param secret must not be in anything that they print
 * @returns what they said of the replica
 */
export async function useCommands({ primary, replica }: Containers, secret: string): Promise<string> {
  const say = async (container: Container, command: string) => {
    const said = await container.shell(`replicator-kuma ${command}`);
    assert.ok(!said.includes(secret), command);
    return said;
  };
  await say(primary, "sync");
  await say(replica, "sync");
  for (const [container, role] of [
    [primary, "primary"],
    [replica, "replica"],
  ] as const) {
    const status = statusShape.parse(JSON.parse(await say(container, "status --json")));
    assert.deepEqual([status.role, status.kuma.state, status.edited], [role, "ready", false]);
    assert.deepEqual(status.repository, { ...status.repository, behind: 0 });
    assert.equal(status.repository.primary.name, primary.hostname);
    const { changes } = diffShape.parse(JSON.parse(await say(container, "diff latest live --json")));
    assert.deepEqual(changes, []);
    await say(container, "doctor");
  }
  const snapshots = snapshotsShape.parse(JSON.parse(await say(primary, "snapshots --quick --json")));
  assert.ok(snapshots.length >= 2, "a history");
  const [first = ""] = (await say(replica, "status")).split("\n");
  return `${snapshots.length} snapshots; ${first.trim()}`;
}
