import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dumpTables, restoreTables } from "../bash-way.ts";
import { apply, changeMonitors, fillWithMonitors, takeSnapshot } from "../databases.ts";
import { compare, type Figure, type Measure, takePairs } from "../figure.ts";
import { spread, timeOf } from "../stats.ts";

const SIZES = [10, 100, 1_000, 10_000];
const RUNS = 9;
const OWN_PART = { monitors: 1_000, changed: 100, goal: 50 };

/** What a replica does to the database while Kuma is stopped. */
export const change: Measure = {
  name: "diff and apply",
  measure: async (folder) => {
    const figures: Figure[] = [];
    for (const size of SIZES) figures.push(await applyChanges(join(folder, String(size)), size));
    return [ownPart(join(folder, "own")), ...figures];
  },
};

async function applyChanges(folder: string, size: number): Promise<Figure> {
  const { work, file, snapshot, fresh } = prepare(folder, size, size);
  const dump = dumpTables(join(folder, "after", "kuma.db"));
  const pairs = await takePairs(
    RUNS,
    () => {
      fresh();
      return timeOf(() => apply(work, snapshot));
    },
    () => {
      fresh();
      return timeOf(() => restoreTables(file, dump));
    },
  );
  const about = {
    name: `diff and apply of ${size.toLocaleString("en")} changed monitors`,
    unit: "ms",
    reference: "drop the tables, pipe the dump into sqlite3 (loses the history)",
    goal: "no slower",
  };
  return compare(pairs, about, (ratio) => ratio <= 1);
}

/** Plan, transaction and checks, with the commit on the disk: all that Kuma has to wait for. */
function ownPart(folder: string): Figure {
  const { before, work, snapshot, fresh } = prepare(folder, OWN_PART.monitors, OWN_PART.changed);
  const back = takeSnapshot(before);
  fresh();
  const times = Array.from({ length: 2 * RUNS }, (_, run) =>
    timeOf(() => apply(work, run % 2 === 0 ? snapshot : back)),
  );
  const ours = spread(times);
  return {
    name: `our own part of an apply: ${OWN_PART.changed} changed rows of ${OWN_PART.monitors.toLocaleString("en")} monitors`,
    unit: "ms",
    ours,
    goal: `under ${OWN_PART.goal} ms`,
    reached: ours.median < OWN_PART.goal,
  };
}

function prepare(folder: string, monitors: number, changed: number) {
  const [before, after, work] = ["before", "after", "work"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  fillWithMonitors(before, monitors);
  fillWithMonitors(after, monitors);
  changeMonitors(after, changed, "changed");
  const file = join(work, "kuma.db");
  /** A new copy of how it was before, to work on. */
  const fresh = () => {
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work);
    copyFileSync(join(before, "kuma.db"), file);
  };
  return { before, work, file, snapshot: takeSnapshot(after), fresh };
}
