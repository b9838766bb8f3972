import { createHash } from "node:crypto";

/** Random numbers that a seed repeats. */
export interface Random {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<const T>(items: readonly [T, ...T[]]): T;
}

/** @param words what names the sequence: the same words give the same numbers */
export function createRandom(...words: readonly (string | number)[]): Random {
  let count = 0;
  /** From 0 to below 1. A hash is slow for a generator, and plain; a round asks for a handful. */
  const next = () => {
    count += 1;
    return (
      createHash("sha256")
        .update([...words, count].join("\n"))
        .digest()
        .readUInt32LE() /
      2 ** 32
    );
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)] ?? items[0],
  };
}
