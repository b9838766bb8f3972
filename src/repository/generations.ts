import { shortId } from "../format.ts";
import type { SnapshotInfo } from "./types.ts";

/** A snapshot as its own tags tell it; older releases gave it no generation. */
export type TaggedSnapshot = Omit<SnapshotInfo, "generation" | "isGuessed"> & {
  readonly generation: number | undefined;
};

type Place = Pick<SnapshotInfo, "generation" | "isGuessed">;

/** Clocks differ a little, milliseconds. */
const CLOCK_TOLERANCE = 2 * 60_000;

/**
 * Gives each snapshot its place in the chain, and puts them in that order, the latest last; time only breaks ties.
 *
 * The tag counts. Without one it is the parent's generation and one more. Where the parent is gone too, all that is
 * left is the time: it comes after whatever is older. A time that lies ahead of us was told by a wrong clock, so that
 * one is only put after others without a tag: a snapshot that was published since then has one, and stays the latest.
 * @param now milliseconds since 1970
 */
export function putInOrder(snapshots: readonly TaggedSnapshot[], now = Date.now()): SnapshotInfo[] {
  const byTime = [...snapshots].sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
  const parentOf = findParents(byTime);
  const places = new Map<TaggedSnapshot, Place>();
  let highest = 0;
  let highestUntagged = 0;

  for (const snapshot of byTime) {
    const place = places.get(snapshot) ?? findPlace(snapshot);
    highest = Math.max(highest, place.generation);
    if (snapshot.generation === undefined) highestUntagged = Math.max(highestUntagged, place.generation);
  }
  return byTime.map((snapshot) => ({ ...snapshot, ...(places.get(snapshot) as Place) })).sort(inChainOrder);

  /** Goes back through the parents to one whose place is known, and gives all on the way theirs. */
  function findPlace(snapshot: TaggedSnapshot): Place {
    const way = new Set<TaggedSnapshot>();
    let at: TaggedSnapshot | undefined = snapshot;
    while (at !== undefined && at.generation === undefined && !places.has(at) && !way.has(at)) {
      way.add(at);
      at = parentOf(at);
    }
    let place: Place = at === undefined || way.has(at) ? guessBefore([...way].at(-1)) : placeOf(at);
    for (const each of [...way].reverse()) {
      place = { generation: place.generation + 1, isGuessed: place.isGuessed };
      places.set(each, place);
    }
    return place;
  }

  function placeOf(snapshot: TaggedSnapshot): Place {
    const known = places.get(snapshot) ?? { generation: snapshot.generation ?? 0, isGuessed: false };
    places.set(snapshot, known);
    return known;
  }

  /** The place before one of which nothing is known but the time. */
  function guessBefore(snapshot: TaggedSnapshot | undefined): Place {
    const isAhead = snapshot !== undefined && snapshot.time > now + CLOCK_TOLERANCE;
    const isFirst = snapshot?.parent === undefined && highest === 0;
    return { generation: isAhead ? highestUntagged : highest, isGuessed: !isFirst };
  }
}

/** For sorting: the latest of the chain last. */
export function inChainOrder(a: SnapshotInfo, b: SnapshotInfo): number {
  return a.generation - b.generation || a.time - b.time || (a.id < b.id ? -1 : 1);
}

/** Finds the parent of a snapshot, which its tag may name by the short id. */
function findParents(
  snapshots: readonly TaggedSnapshot[],
): (snapshot: TaggedSnapshot) => TaggedSnapshot | undefined {
  const index = new Map<string, TaggedSnapshot[]>();
  for (const each of snapshots) {
    const short = shortId(each.id);
    index.set(short, [...(index.get(short) ?? []), each]);
  }
  return ({ parent }) =>
    parent === undefined
      ? undefined
      : index.get(shortId(parent))?.find(({ id }) => isSameSnapshot(id, parent));
}

/** Whether two restic ids name one snapshot: restic 0.14 tells the id of a new one in its short form only. */
export function isSameSnapshot(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length);
  return length >= 8 && a.slice(0, length) === b.slice(0, length);
}
