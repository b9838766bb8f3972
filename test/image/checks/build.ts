import assert from "node:assert/strict";
import type { Checklist } from "../checklist.ts";
import { type Compose, docker, inspect, pullMissing } from "../engine.ts";

/** What may be added to the base, bytes, besides a Node where the base's own is too old. */
const SIZE_LIMIT = 120_000_000;

/** Builds the image, and looks at what became of the base. @returns whether there is an image */
export async function checkBuild(
  { check }: Checklist,
  compose: Compose,
  { base, image }: { base: string; image: string },
): Promise<boolean> {
  const built = await check(`builds from ${base}`, async () => {
    await pullMissing(base);
    await compose("build");
  });
  if (!built) return false;
  await check("adds less than 120 MB to the base", async () => {
    const [before, after] = [await inspect(base, ".Size"), await inspect(image, ".Size")].map(Number);
    const added = (after ?? 0) - (before ?? 0);
    const node = await sizeOfOwnNode(image);
    const words = `${megabytes(added)} added${node > 0 ? `, ${megabytes(node)} of it a Node for this base` : ""}`;
    assert.ok(added > 0 && added - node < SIZE_LIMIT, words);
    return words;
  });
  await check("keeps the base's user, working folder, port, volume and environment", async () => {
    for (const field of ["User", "WorkingDir", "ExposedPorts", "Volumes", "Env"])
      assert.deepEqual(
        await inspect(image, `.Config.${field}`),
        await inspect(base, `.Config.${field}`),
        field,
      );
  });
  return true;
}

/** Bytes; next to nothing where the base's own Node is used. */
async function sizeOfOwnNode(image: string): Promise<number> {
  const folder = "/opt/replicator-kuma/node";
  const [kilobytes] = (await docker(["run", "--rm", "--entrypoint", "du", image, "-sk", folder])).split("\t");
  const bytes = Number(kilobytes) * 1024;
  return bytes < 1e6 ? 0 : bytes;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
