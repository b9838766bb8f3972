import { z } from "zod";
import type { SnapshotInfo } from "./types.ts";

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
export function tagsOf(info: Pick<SnapshotInfo, "contentHash" | "instanceId" | "parent">): string[] {
  const tags = [OUR_TAG, `content:${info.contentHash}`, `instance:${info.instanceId}`];
  return info.parent === undefined ? tags : [...tags, `parent:${info.parent}`];
}

/**
 * Our snapshots in what `restic snapshots --json` printed, oldest first: restic promises no order. Snapshots of
 * something else, and with tags that cannot be ours, are left out.
 * @returns undefined when it is no list at all
 */
export function parseSnapshots(json: string): SnapshotInfo[] | undefined {
  const list = parseJson(json);
  // An empty list is null in some versions of restic.
  if (list !== null && !Array.isArray(list)) return undefined;
  return (list ?? []).flatMap(parseSnapshot).sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
}

function parseSnapshot(value: unknown): SnapshotInfo[] {
  const { data } = listed.safeParse(value);
  if (data === undefined || Number.isNaN(data.time) || !data.tags.includes(OUR_TAG)) return [];
  const contentHash = only(data.tags, "content:", /^[0-9a-f]{64}$/);
  const instanceId = only(data.tags, "instance:", /^.+$/);
  if (contentHash === undefined || instanceId === undefined) return [];
  const hasParent = data.tags.some((tag) => tag.startsWith("parent:"));
  const parent = only(data.tags, "parent:", /^[0-9a-f]{8,64}$/);
  if (hasParent && parent === undefined) return [];
  return [{ id: data.id, time: data.time, contentHash, instanceId, instanceName: data.hostname, parent }];
}

/** The value of the one tag with this prefix; undefined when there is none, more than one, or it does not fit. */
function only(tags: readonly string[], prefix: string, pattern: RegExp): string | undefined {
  const [value, ...others] = tags
    .filter((tag) => tag.startsWith(prefix))
    .map((tag) => tag.slice(prefix.length));
  return value !== undefined && others.length === 0 && pattern.test(value) ? value : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
