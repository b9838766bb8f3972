import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { steadyNow } from "../clock.ts";
import type { PeersConfig } from "../config/index.ts";
import type { Listener } from "../events/index.ts";
import type { Post } from "../fetch/index.ts";
import { errorMessage } from "../format.ts";
import type { Beat, Verdict, Watch } from "../kuma/index.ts";
import type { Observer } from "../observed/index.ts";
import { version } from "../version.ts";
import { withinTime } from "../within-time.ts";
import { type Exchange, startExchange } from "./exchange.ts";
import { type Fleet, listMembers } from "./fleet.ts";
import { ALIVE_FOR, createKnownPages, type KnownPages } from "./known.ts";
import { createMonitors, keyOf } from "./monitors.ts";
import { answerOf, describeOpinions, opinionOf } from "./opinions.ts";
import { type Finding, MOST_QUESTIONS, type Page, type Question } from "./page.ts";
import { reportContacts, reportTwin } from "./report.ts";
import { openSeal } from "./seal.ts";

/** How long others have for an answer, milliseconds: Kuma's module sends without one a second later. */
const QUESTION_LIMIT = 4_000;
/** The questions of an instance that was not heard for so long are not answered any more, milliseconds. */
const QUESTION_AGE = 30_000;

/** What replication says of this instance. */
export interface Standing {
  readonly instanceId: string;
  /** restic's id of the snapshot that it stands on. */
  readonly head: string | undefined;
}

/** What instances know of one another (REPLICATOR_PEERS). */
export interface Peers extends Watch {
  /** What is observed comes before it. */
  readonly listener: Listener;
  /** Speaks with the others until the signal aborts. */
  start(standing: () => Promise<Standing>, emit: Listener, signal: AbortSignal): Promise<void>;
  /**
   * Answers another instance.
   * @returns undefined when it is none, or this one has not begun yet
   */
  receive(body: Buffer): Promise<Buffer | undefined>;
  fleet(): Fleet;
}

interface Parts {
  readonly config: PeersConfig & { readonly instanceName: string };
  readonly observer: Observer;
  readonly post: Post;
}

/** See `openPeers`. */
export function createPeers({ config, observer, post }: Parts): Peers {
  const session = randomUUID();
  const monitors = createMonitors();
  const questions = new Map<number, Question>();
  /** Emits "answers" when something new has come from others. */
  const answers = new EventEmitter().setMaxListeners(0);
  let known: KnownPages = createKnownPages("");
  let standing: Standing = { instanceId: "", head: undefined };
  let exchange: Exchange | undefined;
  let refreshStanding: () => void = () => undefined;
  let counter = 0;
  let isTelling = false;
  let lastQuestion = 0;

  return {
    listener: (event) => {
      if (event.type === "kuma-starting") monitors.forget();
      if (event.type === "cycle-done") refreshStanding();
      if (event.type === "kuma-stopping") answers.emit("answers");
      if (event.type === "kuma-ready" || event.type === "kuma-stopping" || event.type === "kuma-crashed")
        tell();
    },
    start,
    receive: async (body) => exchange?.receive(body),
    take: (beats) => {
      if (monitors.take(beats, steadyNow())) tell();
    },
    ask: async (question) => {
      const line = question.kind === "expiry" ? undefined : await ask(question.beat);
      return { verdict: "send", line, except: [] } satisfies Verdict;
    },
    report: () => undefined,
    attach: () => undefined,
    fleet,
  };

  async function start(
    readStanding: () => Promise<Standing>,
    emit: Listener,
    signal: AbortSignal,
  ): Promise<void> {
    const [seal, first] = await Promise.all([openSeal(config.secret), readStanding()]).catch((error) => {
      emit({
        type: "warning",
        message: `This instance tells and asks no other one: ${errorMessage(error)}. Restart it once there is memory enough.`,
      });
      return [];
    });
    if (seal === undefined || first === undefined || signal.aborted) return;
    standing = first;
    known = createKnownPages(first.instanceId);
    refreshStanding = () => {
      void readStanding().then((next) => {
        standing = next;
      });
    };
    exchange = startExchange({
      ...{ addresses: config.addresses, seal, post, signal },
      self: { id: first.instanceId, session },
      pages: () => listPages(steadyNow()),
      heads: () => [
        { id: first.instanceId, session, counter },
        ...known.list(steadyNow()).map(({ page }) => page),
      ],
      merge,
      onContact: reportContacts(emit, () => known.list(steadyNow())),
      onTwin: reportTwin(emit),
    });
  }

  function merge(pages: readonly Page[]): boolean {
    const { isNews, isAsked } = known.merge(pages, steadyNow());
    if (isAsked) counter += 1;
    if (isNews) {
      answers.emit("answers");
      tellSoon();
    }
    return isNews;
  }

  /** Others must hear at once of what has changed here. */
  function tell(): void {
    counter += 1;
    tellSoon();
  }

  /** Once for all that happens now; and not within an answer that is being made, which holds all of it. */
  function tellSoon(): void {
    if (isTelling) return;
    isTelling = true;
    setImmediate(() => {
      isTelling = false;
      exchange?.tell();
    });
  }

  function listPages(now: number): Page[] {
    return [ownPage(now), ...known.list(now).map(({ page, madeAt }) => ({ ...page, age: now - madeAt }))];
  }

  function ownPage(now: number): Page {
    const { role, kumaVersion, kuma, agreement } = observer.onSteadyClock();
    const { behindSince, spans } = agreement;
    return {
      id: standing.instanceId,
      name: config.instanceName,
      ...{ session, counter, age: 0, version, alert: config.alert, role },
      head: standing.head,
      agreement: spans.at(-1)?.state ?? "unknown",
      lag: behindSince === undefined ? undefined : now - behindSince,
      kuma: { version: kumaVersion, state: kuma.state, for: now - kuma.since },
      ...monitors.down(now),
      questions: [...questions.values()].slice(0, MOST_QUESTIONS),
      answers: known
        .list(now)
        .filter(({ page, madeAt }) => page.questions.length > 0 && now - madeAt <= QUESTION_AGE)
        .map(({ page }) => ({
          session: page.session,
          findings: page.questions.map(({ id, monitor, key }) => ({
            question: id,
            ...find(monitor, key, now),
          })),
        })),
    };
  }

  function find(monitor: number, key: string, now: number): Finding {
    if (observer.onSteadyClock().kuma.state !== "ready") return { state: "none", for: 0, checked: 0 };
    return monitors.find(monitor, key, now);
  }

  function isKumaEnding(): boolean {
    return observer.onSteadyClock().kuma.state === "stopping";
  }

  // -- Questions ---------------------------------------------------------------------------------------------------

  async function ask(beat: Beat): Promise<string | undefined> {
    const key = keyOf(beat);
    if (config.alert !== "annotate" || exchange === undefined || key === undefined) return undefined;
    // Kuma stores what it has found only after its messages: others that ask at the same time must hear of it now.
    monitors.take([beat], steadyNow());
    lastQuestion += 1;
    const question: Question = { id: lastQuestion, monitor: beat.id, key };
    questions.set(question.id, question);
    tell();
    await untilAnswered(question).finally(() => questions.delete(question.id));
    if (isKumaEnding()) return undefined;
    const now = steadyNow();
    const here = monitors.find(beat.id, key, now);
    const state = beat.state === "up" ? "up" : "down";
    const opinions = known.list(now).map((each) => opinionOf(each, question, session, now));
    return describeOpinions({ name: config.instanceName, state, for: here.for }, opinions);
  }

  /** Waits for all who are alive, within the limit. */
  async function untilAnswered(question: Question): Promise<void> {
    const isAnswered = () => {
      const now = steadyNow();
      // Its last messages must be out before its end.
      if (isKumaEnding()) return true;
      return known
        .list(now)
        .every((each) => now - each.madeAt > ALIVE_FOR || answerOf(each, question, session) !== undefined);
    };
    await withinTime(QUESTION_LIMIT, new AbortController().signal, async (signal) => {
      while (!isAnswered()) await once(answers, "answers", { signal });
    }).catch(() => undefined);
  }

  // -- For people --------------------------------------------------------------------------------------------------

  function fleet(): Fleet {
    const now = steadyNow();
    return {
      members: listMembers(ownPage(now), known.list(now), monitors.nameOf, now),
      unreached: (exchange?.contacts ?? []).flatMap(({ address, failing }) =>
        failing === undefined
          ? []
          : { address, message: failing.problem.message, advice: failing.problem.advice },
      ),
    };
  }
}
