/**
 * `npm run faults`: breaks everything that can break, again and again, and looks whether anything was lost.
 * Prints a table, and exits 1 at the first loss, naming the folder with what is left of it.
 *   --rounds=N      rounds of each fault, 10 by default; faults with a fixed list of cases do at least that list
 *   --seed=TEXT     the random choices of a former run
 *   --match=TEXT    only faults whose name holds the text
 *   --first=N       begin at this round
 *   --keep-going    do not end at the first loss
 * SIGINT or SIGTERM: the rounds under way are finished and told; a second one ends it at once.
 */
import { parseArgs } from "node:util";
import { ensurePackages } from "../support/install/apt.ts";
import { ensureBuilt } from "../support/install/build.ts";
import { ensureRestic } from "../support/install/restic.ts";
import { faults } from "./groups/index.ts";
import { type Outcome, runFault } from "./run.ts";

/** Two at a time: they wait more than they compute, and a busy machine moves the moments of the kills. */
const AT_ONCE = 2;

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    match: { type: "string", default: "" },
    first: { type: "string", default: "0" },
    "keep-going": { type: "boolean", default: false },
  },
});

const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    // What is made once for all rounds is removed when the process exits, which a signal alone would not let it do.
    if (ending.signal.aborted) process.exit(130);
    ending.abort();
    waiting.length = 0;
  });
const waiting = faults.filter(({ name }) => name.includes(options.match)).sort((a, b) => a.group - b.group);
await ensureRestic();
await ensurePackages(["rclone", "mariadbd", "unshare", "setpriv", "ip"]);
await ensureBuilt();
const total = { faults: 0, rounds: 0, survived: 0, losses: 0 };
console.log(
  `seed ${options.seed}\n${line(["", "fault", "rounds", "survived", "time", "checked after each round"])}`,
);
await Promise.all(Array.from({ length: AT_ONCE }, work));
console.log(
  `\n${total.faults} faults, ${total.rounds} rounds, ${total.survived} survived, ${total.losses} losses`,
);
// Not by itself: what a loss left open would keep it alive.
process.exit(total.losses > 0 ? 1 : ending.signal.aborted ? 130 : 0);

async function work(): Promise<void> {
  for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
    const { rounds, seed, first } = options;
    print(
      await runFault(fault, { asked: Number(rounds), seed, first: Number(first), signal: ending.signal }),
    );
  }
}

function print({ fault, rounds, survived, took, hits, loss, skipped }: Outcome): void {
  const time = `${Math.round(took / 1_000)} s`;
  const hit = [...hits].map(([what, times]) => `${what} ${times}`).join(", ");
  const checked =
    skipped === undefined ? [fault.checked, hit && `(hit: ${hit})`].join(" ") : `not tried: ${skipped}`;
  console.log(line([String(fault.group), fault.name, String(rounds), String(survived), time, checked]));
  total.faults += 1;
  total.rounds += rounds;
  total.survived += survived;
  if (loss === undefined) return;
  total.losses += 1;
  // What is under way is finished.
  if (!options["keep-going"]) waiting.length = 0;
  console.log(`\nLOST in "${fault.name}", ${loss.what}\nEvidence is kept in ${loss.evidence}\n`);
}

type Cells = readonly [
  group: string,
  name: string,
  rounds: string,
  survived: string,
  time: string,
  checked: string,
];

function line([group, name, rounds, survived, time, checked]: Cells): string {
  return `${group.padStart(2)} ${name.padEnd(70)} ${rounds.padStart(6)} ${survived.padStart(8)} ${time.padStart(6)}  ${checked}`;
}
