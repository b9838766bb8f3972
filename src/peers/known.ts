import { MOST_PEERS, type Page } from "./page.ts";

/** The page that another instance made last, as far as it got here. */
export interface Known {
  readonly page: Page;
  /** When the instance made it, by our own steady clock. */
  readonly madeAt: number;
}

/** An instance that nobody has heard for so long is gone, milliseconds. */
const GONE_AFTER = 7 * 24 * 3_600_000;

/** Heard so short a time ago, an instance lives, milliseconds: it is heard every 15 s. */
export const ALIVE_FOR = 60_000;

/** What is known of the other instances. Times are by the steady clock. */
export interface KnownPages {
  /**
   * Takes the pages that are newer than what is known; those of this instance itself, and old ones, change nothing.
   * @returns those that say something new, of which others should hear, and whether something is asked anew
   */
  merge(pages: readonly Page[], now: number): { readonly news: readonly Known[]; readonly isAsked: boolean };
  list(now: number): readonly Known[];
}

/** @param ownId of this instance */
export function createKnownPages(ownId: string): KnownPages {
  const known = new Map<string, Known>();
  return {
    merge: (pages, now) => {
      const news: Known[] = [];
      let isAsked = false;
      for (const page of pages) {
        const before = known.get(page.id);
        const next = { page, madeAt: now - page.age };
        const isFull = before === undefined && known.size >= MOST_PEERS;
        if (page.id === ownId || isFull || !isNewer(next, before)) continue;
        known.set(page.id, next);
        if (!isSameSession(page, before?.page) || page.counter > before.page.counter) news.push(next);
        isAsked ||= page.questions.some((question) => !hasQuestion(before?.page, page.session, question.id));
      }
      return { news, isAsked };
    },
    list: (now) => {
      for (const [id, { madeAt }] of known) if (now - madeAt > GONE_AFTER) known.delete(id);
      return [...known.values()];
    },
  };
}

/**
 * Within a session its counter tells; then, and between two sessions, for neither of which a clock is asked, what was
 * made later by our own.
 */
function isNewer({ page, madeAt }: Known, before: Known | undefined): boolean {
  if (before === undefined) return true;
  const sameSession = isSameSession(page, before.page);
  if (sameSession && page.counter !== before.page.counter) return page.counter > before.page.counter;
  return madeAt > before.madeAt;
}

function isSameSession(page: Page, before: Page | undefined): before is Page {
  return before?.session === page.session;
}

function hasQuestion(page: Page | undefined, session: string, question: number): boolean {
  return page?.session === session && page.questions.some(({ id }) => id === question);
}
