import { steadyNow } from "../clock.ts";
import { formatDuration } from "../format.ts";

/** What is done within this time needs no words. Milliseconds. */
const PATIENCE = 2_000;
/** How often the line at a terminal changes. */
const REPAINT = 500;
const ERASE_LINE = "\r\u001b[K";

/** There is one terminal, and so at most one piece of work that it shows. */
let current: { label: string; readonly since: number } | undefined;
let isShown = false;

/**
 * Does some work; when it takes more than two seconds, standard error says what is going on: at a terminal in a line
 * that counts the time and goes away at the end, elsewhere in one line. Work within such work only changes the words.
 * @param label what is going on, such as "Reading the list of snapshots"
 */
export async function during<T>(label: string, work: () => Promise<T>): Promise<T> {
  if (current !== undefined) {
    const outer = current.label;
    current.label = label;
    try {
      return await work();
    } finally {
      if (current !== undefined) current.label = outer;
    }
  }
  const mine = { label, since: steadyNow() };
  current = mine;
  const { isTTY } = process.stderr;
  const timer = isTTY
    ? setInterval(() => steadyNow() - mine.since >= PATIENCE && repaint(), REPAINT)
    : setTimeout(() => process.stderr.write(`${mine.label} …\n`), PATIENCE);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    hideProgress();
    current = undefined;
  }
}

/** Makes room for something else that is printed; the line comes again while the work goes on. */
export function hideProgress(): void {
  if (isShown) process.stderr.write(ERASE_LINE);
  isShown = false;
}

function repaint(): void {
  if (current === undefined) return;
  const line = `${current.label} … ${formatDuration(steadyNow() - current.since)}`;
  // A line that is as wide as the terminal could not be erased.
  process.stderr.write(ERASE_LINE + line.slice(0, Math.max(1, (process.stderr.columns || 80) - 1)));
  isShown = true;
}
