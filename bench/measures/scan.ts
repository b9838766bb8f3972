import { join } from "node:path";
import { dumpAndHash } from "../bash-way.ts";
import { fillWithMonitors, openData, taken } from "../databases.ts";
import { compare, type Figure, type Measure, takePairs } from "../figure.ts";
import { exponent, spread, timeOf } from "../stats.ts";

const SIZES = [10, 100, 1_000, 10_000];
/** From this size on it is to be faster than sqlite3. */
const FASTER_FROM = 1_000;
const RUNS = 15;

/** What a primary does in each cycle to see whether anything changed. */
export const scan: Measure = {
  name: "dump and hash",
  measure: async (folder) => {
    const figures: Figure[] = [];
    for (const size of SIZES) {
      const dataDir = join(folder, String(size));
      fillWithMonitors(dataDir, size);
      const database = openData(dataDir);
      const hash = () => timeOf(() => taken(database.hash()));
      hash();
      const pairs = await takePairs(RUNS, hash, () => dumpAndHash(join(dataDir, "kuma.db")));
      const about = {
        name: `dump and hash of ${size.toLocaleString("en")} monitors with their links`,
        unit: "ms",
        reference: "sqlite3 .dump | sha256sum",
        goal: size < FASTER_FROM ? "–" : "faster",
      };
      figures.push(compare(pairs, about, (ratio) => (size < FASTER_FROM ? undefined : ratio < 1)));
    }
    return [...figures, growth(figures)];
  },
};

/** Below a thousand monitors it is the opening of the database that costs: growth shows from there on. */
function growth(figures: readonly Figure[]): Figure {
  const points = figures.map(({ ours }, at) => ({ size: SIZES[at] ?? 0, time: ours.median }));
  const grown = exponent(points.filter(({ size }) => size >= FASTER_FROM));
  return {
    name: `… growth from ${FASTER_FROM.toLocaleString("en")} monitors on, as an exponent`,
    unit: "",
    ours: spread([grown]),
    goal: "linear (1 or less)",
    reached: grown <= 1.05,
  };
}
