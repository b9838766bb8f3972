import { formatDuration } from "../format.ts";
import { ALIVE_FOR, type Known } from "./known.ts";
import type { Finding, Page, Question } from "./page.ts";

/** What another instance says of a monitor; "silent": it was not heard since so long, milliseconds. */
export interface Opinion {
  readonly name: string;
  readonly says: Finding | { readonly state: "silent"; readonly for: number };
}

/** Something that was down so much longer before is said with its time: it may be out of reach from there, always. */
const LONG_BEFORE = 5 * 60_000;

/** What an instance has answered to a question of this session, as of its page. */
export function answerOf({ page }: Known, question: Question, session: string): Finding | undefined {
  return page.answers
    .find((each) => each.session === session)
    ?.findings.find((finding) => finding.question === question.id);
}

/** What an instance says to a question now, or before it could be asked: that it is down there still counts. */
export function opinionOf(each: Known, question: Question, session: string, now: number): Opinion {
  const { page, madeAt } = each;
  const { name } = page;
  const age = now - madeAt;
  const answer = age <= ALIVE_FOR ? answerOf(each, question, session) : undefined;
  if (answer !== undefined)
    return { name, says: { state: answer.state, for: answer.for + age, checked: answer.checked + age } };
  const isIt = (down: Page["down"][number]) => down.monitor === question.monitor && down.key === question.key;
  const down = age <= ALIVE_FOR ? page.down.find(isIt) : undefined;
  return down === undefined
    ? { name, says: { state: "silent", for: age } }
    : { name, says: { state: "down", for: down.for + age, checked: age } };
}

/**
 * Who agrees: "down at kuma-fra, kuma-nyc; up at kuma-sgp (8 s ago)". This instance is the first, the others go by
 * name.
 * @param here what it has found, and for how long, milliseconds
 */
export function describeOpinions(
  here: { readonly name: string; readonly state: "down" | "up"; readonly for: number },
  others: readonly Opinion[],
): string {
  if (others.length === 0) return `${here.state} at ${here.name}; no other instance was heard`;
  const opposite = here.state === "down" ? "up" : "down";
  const parts = [
    [`${here.state} at`, [here.name, ...namesOf(here.state)]],
    [`${opposite} at`, namesOf(opposite)],
    ["not looked yet:", namesOf("not yet", "down before")],
    ["not watched at", namesOf("none")],
    ["not heard:", namesOf("silent")],
  ] as const;
  return parts
    .filter(([, names]) => names.length > 0)
    .map(([words, names]) => `${words} ${names.join(", ")}`)
    .join("; ");

  function namesOf(...states: Opinion["says"]["state"][]): string[] {
    const sorted = [...others].sort((a, b) => a.name.localeCompare(b.name));
    return sorted.flatMap(({ name, says }) => {
      if (!states.includes(says.state)) return [];
      const remark = remarkOn(says);
      return remark === undefined ? name : `${name} (${remark})`;
    });
  }

  function remarkOn(says: Opinion["says"]): string | undefined {
    if (says.state === "silent") return `for ${inSeconds(says.for)}`;
    if (says.state === opposite) return `${inSeconds(says.checked)} ago`;
    return says.state === "down" && says.for > here.for + LONG_BEFORE
      ? `for ${inSeconds(says.for)}`
      : undefined;
  }
}

/** Whole seconds, one at least. */
function inSeconds(milliseconds: number): string {
  return formatDuration(Math.max(1, Math.round(milliseconds / 1_000)) * 1_000);
}
