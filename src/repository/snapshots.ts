import { z } from "zod";
import { parseJson } from "../parse.ts";
import { putInOrder, type TaggedSnapshot } from "./generations.ts";
import type { PublishRequest, SnapshotInfo } from "./types.ts";

/** On every snapshot of ours. */
export const OUR_TAG = "replicator-kuma";

/** The whole snapshot's one file. */
export const FILE_NAME = "replicator-kuma.jsonl";

const listed = z.object({
  id: z.string().regex(/^[0-9a-f]{64}$/),
  time: z.string().transform((text) => Date.parse(text)),
  hostname: z.string(),
  tags: z.array(z.string()),
});

/** What a snapshot's tags say, so that a decision costs one list and no download. */
export function tagsOf(request: Omit<PublishRequest, "stream">): string[] {
  const { contentHash, instanceId, generation, parent } = request;
  const tags = [OUR_TAG, `content:${contentHash}`, `instance:${instanceId}`, `generation:${generation}`];
  return parent === undefined ? tags : [...tags, `parent:${parent}`];
}

/**
 * Our snapshots in what `restic snapshots --json` printed, in the order of the chain: restic promises no order.
 * Snapshots of something else, and with tags that cannot be ours, are left out.
 * @returns undefined when it is no list at all
 */
export function parseSnapshots(json: string): SnapshotInfo[] | undefined {
  const list = parseJson(json);
  // An empty list is null in some versions of restic.
  if (list !== null && !Array.isArray(list)) return undefined;
  return putInOrder((list ?? []).flatMap(parseSnapshot));
}

function parseSnapshot(value: unknown): TaggedSnapshot[] {
  const { data } = listed.safeParse(value);
  if (data === undefined || Number.isNaN(data.time) || !data.tags.includes(OUR_TAG)) return [];
  const contentHash = only(data.tags, "content:", /^[0-9a-f]{64}$/);
  const instanceId = only(data.tags, "instance:", /^.+$/);
  if (contentHash === undefined || instanceId === undefined) return [];
  const parent = only(data.tags, "parent:", /^[0-9a-f]{8,64}$/);
  if (parent === undefined && has(data.tags, "parent:")) return [];
  const generation = only(data.tags, "generation:", /^[1-9]\d{0,14}$/);
  if (generation === undefined && has(data.tags, "generation:")) return [];
  return [
    {
      id: data.id,
      time: data.time,
      contentHash,
      instanceId,
      instanceName: data.hostname,
      parent,
      generation: generation === undefined ? undefined : Number(generation),
    },
  ];
}

function has(tags: readonly string[], prefix: string): boolean {
  return tags.some((tag) => tag.startsWith(prefix));
}

/** The value of the one tag with this prefix; undefined when there is none, more than one, or it does not fit. */
function only(tags: readonly string[], prefix: string, pattern: RegExp): string | undefined {
  const [value, ...others] = tags
    .filter((tag) => tag.startsWith(prefix))
    .map((tag) => tag.slice(prefix.length));
  return value !== undefined && others.length === 0 && pattern.test(value) ? value : undefined;
}
