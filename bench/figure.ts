import { type Spread, spread } from "./stats.ts";

/** One line of the table. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly ours: Spread;
  /** What it is held against, measured in the same run. */
  readonly reference?: { readonly name: string; readonly values: Spread };
  /** Ours by the reference's, run by run. */
  readonly ratio?: Spread;
  readonly goal: string;
  /** undefined: for information, nothing was promised. */
  readonly reached: boolean | undefined;
  readonly note?: string;
}

/** Something that is measured, alone on the machine. */
export interface Measure {
  readonly name: string;
  /** @param folder an empty one for all that it needs */
  measure(folder: string): Promise<readonly Figure[]>;
}

/** One run of ours and one of the reference, taken one right after the other. */
export interface Pair {
  readonly ours: number;
  readonly theirs: number;
}

/** The figure of runs that were each held against a reference. @param reached decides by the median ratio */
export function compare(
  pairs: readonly Pair[],
  about: Pick<Figure, "name" | "unit" | "goal" | "note"> & { readonly reference: string },
  reached: (ratio: number) => boolean | undefined,
): Figure {
  const { reference, ...rest } = about;
  const ratio = spread(pairs.map(({ ours, theirs }) => ours / theirs));
  return {
    ...rest,
    ours: spread(pairs.map(({ ours }) => ours)),
    reference: { name: reference, values: spread(pairs.map(({ theirs }) => theirs)) },
    ratio,
    reached: reached(ratio.median),
  };
}

/** Takes so many pairs, one after the other; `theirs` first in every second, so that neither gains by its place. */
export async function takePairs(
  runs: number,
  ours: () => Promise<number> | number,
  theirs: () => Promise<number> | number,
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let run = 0; run < runs; run += 1) {
    const first = run % 2 === 0 ? await ours() : await theirs();
    const second = run % 2 === 0 ? await theirs() : await ours();
    pairs.push(run % 2 === 0 ? { ours: first, theirs: second } : { ours: second, theirs: first });
  }
  return pairs;
}
