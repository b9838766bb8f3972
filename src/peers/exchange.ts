import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../clock.ts";
import type { Post } from "../fetch/index.ts";
import { failure, type Result, success } from "../result.ts";
import { createPauses, PACE, rememberNumbers } from "./guards.ts";
import { type Answer, LONGEST_MESSAGE, type Page, parseAnswer, parseRequest } from "./page.ts";
import type { Seal } from "./seal.ts";
import { type PeerProblem, sendTo, unintelligible } from "./send.ts";

/** How long an answer waits for something new: so often instances hear of one another at least. Milliseconds. */
const HOLD = 15_000;
/** For a request that is answered at once, and on top of `HOLD`, milliseconds. */
const ANSWER_LIMIT = 4_000;

/** An address of REPLICATOR_PEERS, and who answers there. Lengths of time are by the steady clock. */
export interface Contact {
  readonly address: string;
  /** "": not known yet. */
  session: string;
  id: string | undefined;
  /** The first failure since the last answer. */
  failing: { readonly since: number; readonly problem: PeerProblem } | undefined;
}

interface Parts {
  readonly addresses: readonly string[];
  readonly seal: Seal;
  readonly post: Post;
  /** The instance's id and the session of this process. */
  readonly self: { readonly id: string; readonly session: string };
  /** All pages, this instance's own first, with their ages as they are now. */
  readonly pages: () => readonly Page[];
  /** What tells whether one of them is new: for much less, since it is asked often. */
  readonly heads: () => readonly PageHead[];
  /** @returns whether any of it is new */
  readonly merge: (pages: readonly Page[]) => boolean;
  /** An address has answered, or has not. */
  readonly onContact: (contact: Contact) => void;
  /** Another process has the id of this instance. */
  readonly onTwin: () => void;
  readonly signal: AbortSignal;
}

export type PageHead = Pick<Page, "id" | "session" | "counter">;

export interface Exchange {
  readonly contacts: readonly Contact[];
  /** @returns the answer; undefined: it is not from an instance with the same password */
  receive(body: Buffer): Promise<Buffer | undefined>;
  /** There is something new: whoever has not got it is told at once, as far as it can be reached. */
  tell(): void;
}

/** By session the counter of a page. */
type Counters = ReadonlyMap<string, number>;

/**
 * Instances hand one another all pages that they have. Each keeps a request open to every address that it knows: it is
 * answered as soon as there is something new, so that an instance that nobody can reach hears of it as well.
 * No clock is asked, and nothing is believed twice: a request is for one session of the receiver, and has a number.
 */
export function startExchange(parts: Parts): Exchange {
  const { seal, self, signal } = parts;
  const contacts = [...new Set(parts.addresses)].map(
    (address): Contact => ({ address, session: "", id: undefined, failing: undefined }),
  );
  /** What each instance has, by its id. */
  const told = new Map<string, Counters>();
  /** Requests that wait for something new, by the session that asks; each with what ends the wait. */
  const held = new Map<string, { readonly id: string; readonly release: () => void }>();
  const isFresh = rememberNumbers();
  const tellers = contacts.map(createTeller);
  let lastNumber = 0;

  for (const contact of contacts) void follow(contact);
  signal.addEventListener("abort", () => releaseAll(() => true), { once: true });
  return {
    contacts,
    receive,
    tell: () => {
      releaseAll(hasNewsFor);
      for (const teller of tellers) teller();
    },
  };

  function hasNewsFor(id: string): boolean {
    const has = told.get(id);
    return parts
      .heads()
      .some((page) => page.id !== id && page.counter > (has?.get(page.session) ?? Number.NEGATIVE_INFINITY));
  }

  function noteSender({ id, session }: Parts["self"]): void {
    if (id === self.id && session !== self.session) parts.onTwin();
  }

  function noteTold(id: string, pages: readonly Page[]): void {
    told.set(id, new Map([...(told.get(id) ?? []), ...countersOf(pages)]));
  }

  // -- Asked by others ---------------------------------------------------------------------------------------------

  async function receive(body: Buffer): Promise<Buffer | undefined> {
    const text = seal.open(body, "request");
    const request = text === undefined ? undefined : parseRequest(text);
    if (request === undefined) return undefined;
    const { from, to, number, known } = request;
    if (to !== self.session || !isFresh(from.session, number)) return toAnswer(body, false, []);
    noteSender(from);
    told.set(from.id, new Map(Object.entries(known)));
    parts.merge(request.pages);
    if (from.session !== self.session && !hasNewsFor(from.id)) await hold(from, Math.min(request.wait, HOLD));
    const pages = fitting(from.id);
    noteTold(from.id, pages);
    return toAnswer(body, true, pages);
  }

  function toAnswer(body: Buffer, taken: boolean, pages: readonly Page[]): Buffer {
    const answer: Answer = { from: self, taken, pages };
    return seal.close(JSON.stringify(answer), aboutAnswerTo(body));
  }

  /** One for each session: another one takes its place. */
  async function hold({ id, session }: { id: string; session: string }, wait: number): Promise<void> {
    held.get(session)?.release();
    if (wait === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const release = () => {
        clearTimeout(timer);
        if (held.get(session) === entry) held.delete(session);
        resolve();
      };
      const timer = setTimeout(release, wait);
      const entry = { id, release };
      held.set(session, entry);
    });
  }

  function releaseAll(isDue: (id: string) => boolean): void {
    for (const { id, release } of [...held.values()]) if (isDue(id)) release();
  }

  // -- Asking others -----------------------------------------------------------------------------------------------

  async function exchange(contact: Contact, wait: number): Promise<Result<{ isNews: boolean }, PeerProblem>> {
    const { address } = contact;
    // Once more where it is another session by now: it was started anew.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      lastNumber += 1;
      const pages = fitting(contact.id);
      const known = Object.fromEntries(countersOf(parts.heads()));
      const request = { from: self, to: contact.session, number: lastNumber, wait, known, pages };
      const body = seal.close(JSON.stringify(request), "request");
      const limits = { post: parts.post, limit: wait + ANSWER_LIMIT, signal };
      const sent = await sendTo(address, body, limits);
      if (!sent.ok) return sent;
      const text = seal.open(sent.value, aboutAnswerTo(body));
      const answer = text === undefined ? undefined : parseAnswer(text);
      if (answer === undefined) return failure(unintelligible(address));
      contact.session = answer.from.session;
      contact.id = answer.from.id;
      noteSender(answer.from);
      if (!answer.taken) continue;
      noteTold(answer.from.id, [...pages, ...answer.pages]);
      return success({ isNews: parts.merge(answer.pages) });
    }
    return failure(unintelligible(address));
  }

  async function reach(contact: Contact, wait: number): Promise<Result<{ isNews: boolean }, PeerProblem>> {
    const result = await exchange(contact, wait);
    if (signal.aborted) return result;
    contact.failing = result.ok
      ? undefined
      : { since: contact.failing?.since ?? steadyNow(), problem: result.problem };
    parts.onContact(contact);
    return result;
  }

  /** Keeps a request open at an address, as long as this runs. */
  async function follow(contact: Contact): Promise<void> {
    const nextPause = createPauses();
    while (!signal.aborted) {
      const begun = steadyNow();
      const result = await reach(contact, isSelf(contact) ? 0 : HOLD);
      const isGood = result.ok && (result.value.isNews || steadyNow() - begun > HOLD / 2);
      await rest(nextPause(isGood ? "good" : result.ok ? "empty" : "failed"));
    }
  }

  /** Tells an address what is new, at once; what comes while it is told follows. */
  function createTeller(contact: Contact): () => void {
    let isTelling = false;
    let isMore = false;
    return () => {
      isMore = true;
      if (!isTelling) void tellAll();
    };

    async function tellAll(): Promise<void> {
      isTelling = true;
      while (isMore && !signal.aborted) {
        isMore = false;
        const { id } = contact;
        if (id === undefined || isSelf(contact) || !hasNewsFor(id)) continue;
        await reach(contact, 0);
        await rest(PACE);
      }
      isTelling = false;
    }
  }

  function isSelf({ session }: Contact): boolean {
    return session === self.session;
  }

  async function rest(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  }

  /** As many pages as a message takes, this instance's own first; not that of the receiver. */
  function fitting(receiver: string | undefined): Page[] {
    let room = LONGEST_MESSAGE / 2;
    return parts.pages().filter((page, index) => {
      if (page.id === receiver) return false;
      room -= Buffer.byteLength(JSON.stringify(page));
      return index === 0 || room > 0;
    });
  }
}

function countersOf(pages: readonly PageHead[]): Counters {
  return new Map(pages.map(({ session, counter }) => [session, counter]));
}

/** An answer is for one request alone: for the one with this authentication tag. */
function aboutAnswerTo(request: Buffer): string {
  return `answer to ${request.subarray(-16).toString("hex")}`;
}
