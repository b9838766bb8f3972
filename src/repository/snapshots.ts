import * as z from "zod";
import { parseJson } from "../parse.ts";
import { putInOrder, type TaggedSnapshot } from "./generations.ts";
import type { BashSnapshot, Listing, PublishRequest } from "./types.ts";

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

/**
 * Where the bash versions had what they published, for Uptime Kuma 1.23 and 2; their snapshots have no tags.
 * https://github.com/Sid-Sun/replicator-kuma, replicator-functions.sh of 154f082 and f77dafa.
 */
const BASH_PATHS: readonly string[] = ["/backup/current", "/replicator_kuma/current"];

const listedByBash = z.object({
  id: listed.shape.id,
  time: listed.shape.time,
  hostname: z.string(),
  tags: z.array(z.string()).length(0).nullish(),
  paths: z.tuple([z.string().refine((path) => BASH_PATHS.includes(path))]),
});

/** What a snapshot's tags say, so that a decision costs one list and no download. */
export function tagsOf(request: Omit<PublishRequest, "stream">): string[] {
  const { contentHash, instanceId, generation, parent } = request;
  const tags = [OUR_TAG, `content:${contentHash}`, `instance:${instanceId}`, `generation:${generation}`];
  return parent === undefined ? tags : [...tags, `parent:${parent}`];
}

/**
 * Our snapshots in what `restic snapshots --json` printed, in the order of the chain, and those of bash versions:
 * restic promises no order. Snapshots of something else, and with tags that cannot be ours, are left out.
 * @returns undefined when it is no list at all
 */
export function parseSnapshots(json: string): Listing | undefined {
  const list = parseJson(json);
  // An empty list is null in some versions of restic.
  if (list !== null && !Array.isArray(list)) return undefined;
  return {
    snapshots: putInOrder((list ?? []).flatMap(parseSnapshot)),
    bash: (list ?? []).flatMap(parseBash).sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1)),
  };
}

function parseBash(value: unknown): BashSnapshot[] {
  const { data } = listedByBash.safeParse(value);
  if (data === undefined || Number.isNaN(data.time)) return [];
  return [{ madeBy: "bash", id: data.id, time: data.time, instanceName: data.hostname }];
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
