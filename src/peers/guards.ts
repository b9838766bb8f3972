// What keeps an exchange from being repeated, and from costing much.

/** Between two requests to the same address: what happens meanwhile goes together. Milliseconds. */
export const PACE = 200;
/** After a failure, doubling up to the longest, milliseconds. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;
/**
 * So many answers in a row that came at once and said nothing new: they come from this instance itself, or from a
 * mistake.
 */
const MOST_EMPTY = 5;
/** Sessions whose numbers are remembered; an instance has a new one at each start. */
const MOST_SESSIONS = 100;
/** How far requests may overtake one another. */
const WINDOW = 32;

/** How long to wait, milliseconds, after a request that went so; "empty": answered at once, without anything new. */
export function createPauses(): (result: "good" | "empty" | "failed") => number {
  let inRow = 0;
  let before = "good";
  return (result) => {
    inRow = result === before ? inRow + 1 : 0;
    before = result;
    if (result === "failed") return Math.min(FIRST_PAUSE * 2 ** inRow, LONGEST_PAUSE);
    return result === "empty" && inRow >= MOST_EMPTY ? LONGEST_PAUSE : PACE;
  };
}

/** @returns whether the request of this number is taken: once, and not long after later ones */
export function rememberNumbers(): (session: string, number: number) => boolean {
  const sessions = new Map<string, Set<number>>();
  return (session, number) => {
    const numbers = sessions.get(session) ?? new Set([0]);
    const highest = Math.max(...numbers);
    if (numbers.has(number) || number <= highest - WINDOW) return false;
    numbers.add(number);
    for (const each of numbers) if (each <= Math.max(highest, number) - WINDOW) numbers.delete(each);
    sessions.delete(session);
    sessions.set(session, numbers);
    const [oldest] = sessions.keys();
    if (sessions.size > MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest);
    return true;
  };
}
