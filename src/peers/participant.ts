import {
  type AlertRules,
  createDesk,
  type Desk,
  type Kept,
  type Message,
  type PeerView,
  type Subject,
  type Withheld,
} from "../alerts/index.ts";
import { formatDuration } from "../format.ts";
import type { Question as Asked, Beat, Verdict } from "../kuma/index.ts";
import { createKnownPages, type Known } from "./known.ts";
import { keyOf, type Monitors } from "./monitors.ts";
import { answerOf, describeOpinions, opinionOf } from "./opinions.ts";
import { MOST_QUESTIONS, type Page, type Question } from "./page.ts";

/** The questions of an instance that was not heard for so long are not answered any more, milliseconds. */
const QUESTION_AGE = 30_000;

/** What is on a page besides what monitors and alerts say. */
export type Identity = Pick<
  Page,
  "id" | "name" | "version" | "alert" | "role" | "head" | "agreement" | "lag" | "kuma"
>;

interface Parts {
  readonly session: string;
  readonly ownId: string;
  readonly rules: AlertRules;
  readonly kept: Kept;
  readonly now: () => number;
  /** Calls once, after so many milliseconds. */
  readonly after: (milliseconds: number, then: () => void) => void;
  readonly identity: (now: number) => Identity;
  readonly monitors: Monitors;
  readonly isKumaReady: () => boolean;
  readonly isAcquainted: () => boolean;
  /** There is something new for others. */
  readonly onNews: () => void;
  readonly save: (keep: () => Kept, done: (isSaved: boolean) => void) => void;
}

/** One instance among others: what it says on its page, what it has heard, and what becomes of its alerts. No I/O. */
export interface Participant extends Pick<Desk, "setKuma" | "hurry" | "news"> {
  /** All pages, its own first, with their ages as they are now. */
  pages(): readonly Page[];
  heads(): readonly Pick<Page, "id" | "session" | "counter">[];
  others(): readonly Known[];
  /** @returns whether any of it is new */
  merge(pages: readonly Page[]): boolean;
  take(beats: readonly Beat[]): void;
  ask(question: Asked, answer: (verdict: Verdict) => void): void;
  report(question: Asked, notification: string, isSent: boolean): void;
  /** Others must hear at once that something has changed here. */
  tell(): void;
  withheld(): readonly Withheld[];
}

export function createParticipant(parts: Parts): Participant {
  const { session, ownId, rules, monitors, now } = parts;
  const known = createKnownPages(ownId);
  let counter = 0;
  const desk = createDesk({
    ...{ rules, ownId, kept: parts.kept, now, after: parts.after, peersOn, describe, tell },
    outageHere: ({ monitor, key }) => monitors.outage(monitor, key, now()),
    isAcquainted: parts.isAcquainted,
    save,
  });
  monitors.remember(parts.kept.outages);

  return {
    pages: () => [
      ownPage(),
      ...known.list(now()).map(({ page, madeAt }) => ({ ...page, age: now() - madeAt })),
    ],
    heads: () => [{ id: ownId, session, counter }, ...known.list(now()).map(({ page }) => page)],
    others: () => known.list(now()),
    merge,
    take,
    ask,
    report: (question, notification, isSent) => {
      const subject = subjectOf(question);
      if (subject !== undefined) desk.report(subject, question.kind, notification, isSent);
    },
    tell,
    setKuma: desk.setKuma,
    hurry: desk.hurry,
    news: desk.news,
    withheld: desk.withheld,
  };

  function tell(): void {
    counter += 1;
    parts.onNews();
  }

  function merge(pages: readonly Page[]): boolean {
    const { news, isAsked } = known.merge(pages, now());
    for (const { page, madeAt } of news) desk.hear(page, madeAt);
    if (isAsked) counter += 1;
    if (news.length === 0) return false;
    parts.onNews();
    desk.news();
    return true;
  }

  function take(beats: readonly Beat[]): void {
    if (note(beats) || beats.some(isAsked)) tell();
    for (const beat of beats) {
      const key = keyOf(beat);
      if (key !== undefined && beat.state !== "not yet") desk.stored({ monitor: beat.id, key }, beat.state);
    }
    desk.news();
  }

  /** One that dies again and again must know all the same since when something is down here, whatever it sends. */
  function note(beats: readonly Beat[]): boolean {
    const isNews = monitors.take(beats, now());
    if (isNews) save(() => undefined);
    return isNews;
  }

  function save(done: (isSaved: boolean) => void): void {
    parts.save(() => ({ ...desk.keep(), outages: monitors.outages() }), done);
  }

  function isAsked({ id }: Beat): boolean {
    return askers().some(({ page }) => page.questions.some(({ monitor }) => monitor === id));
  }

  function askers(): Known[] {
    return known
      .list(now())
      .filter(({ page, madeAt }) => page.questions.length > 0 && now() - madeAt <= QUESTION_AGE);
  }

  function ask(question: Asked, answer: (verdict: Verdict) => void): void {
    const { kind, notifications } = question;
    const subject = subjectOf(question);
    // What is this instance's own, it sends by itself.
    if (subject === undefined) answer({ verdict: "send", line: undefined, except: [] });
    else if (question.kind === "expiry")
      desk.ask({ ...subject, kind, notifications, name: "", settles: 0, outage: 0 }, answer);
    else if (question.isReplay) answer(desk.askReplay({ ...subject, kind, notifications }));
    else askAbout(subject, question, answer);
  }

  function askAbout(
    subject: Subject,
    { kind, beat, notifications }: Exclude<Asked, { kind: "expiry" }>,
    answer: (verdict: Verdict) => void,
  ): void {
    const { monitor, key } = subject;
    const before = monitors.outage(monitor, key, now());
    // Kuma stores what it has found only after its messages: others that ask at the same time must hear of it now.
    note([beat]);
    const outage = Math.max(before, monitors.outage(monitor, key, now()));
    const { name, every, settles = 2 * every } = beat;
    desk.ask({ ...subject, kind, notifications, name, settles, outage }, answer);
  }

  // -- The page ----------------------------------------------------------------------------------------------------

  function ownPage(): Page {
    const { questions, ...alerts } = desk.page();
    return {
      ...parts.identity(now()),
      ...{ session, counter, age: 0 },
      ...monitors.down(now()),
      ...alerts,
      questions: questions.slice(0, MOST_QUESTIONS),
      answers: askers().map(({ page }) => ({
        session: page.session,
        findings: page.questions.map(({ id, monitor, key }) => ({
          question: id,
          ...monitors.find(monitor, key, now()),
        })),
      })),
    };
  }

  // -- What others say ---------------------------------------------------------------------------------------------

  function peersOn(subject: Subject, id: number): PeerView[] {
    const question: Question = { id, ...subject };
    return known.list(now()).map((each) => {
      const { page, madeAt } = each;
      const claim = page.claims.find(
        ({ monitor, key }) => monitor === subject.monitor && key === subject.key,
      );
      return {
        ...{ id: page.id, name: page.name, heard: now() - madeAt, claim },
        hasAnswered: answerOf(each, question, session) !== undefined,
        says: opinionOf(each, question, session, now()).says,
      };
    });
  }

  function describe(
    { monitor, key, kind, outageAt }: Message,
    id: number,
    isAlone: boolean,
  ): string | undefined {
    if (kind === "expiry" || !parts.isKumaReady()) return undefined;
    const { name } = parts.identity(now());
    const state = kind === "up" ? "up" : "down";
    const length = now() - outageAt;
    const opinions = known.list(now()).map((each) => opinionOf(each, { id, monitor, key }, session, now()));
    const line = describeOpinions({ name, state, for: state === "up" ? 0 : length }, opinions);
    return isAlone ? `${line}; only here, for ${formatDuration(length)}` : line;
  }
}

/** What a message is about, as other instances know it; undefined: it is this instance's own. */
function subjectOf(question: Asked): Subject | undefined {
  if (question.kind === "expiry") return { monitor: 0, key: question.subject };
  const key = keyOf(question.beat);
  return key === undefined ? undefined : { monitor: question.beat.id, key };
}
