import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { openAlertsFile } from "../alerts/index.ts";
import { steadyNow } from "../clock.ts";
import type { PeersConfig } from "../config/index.ts";
import type { Listener } from "../events/index.ts";
import type { Post } from "../fetch/index.ts";
import { errorMessage } from "../format.ts";
import type { Replay, Verdict, Watch } from "../kuma/index.ts";
import type { Observer } from "../observed/index.ts";
import { version } from "../version.ts";
import { type Exchange, startExchange } from "./exchange.ts";
import { type Fleet, listMembers } from "./fleet.ts";
import { createMonitors } from "./monitors.ts";
import { createParticipant, type Identity, type Participant } from "./participant.ts";
import { reportContacts, reportModes, reportSilentKuma, reportTwin } from "./report.ts";
import { openSeal } from "./seal.ts";

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
  readonly config: PeersConfig & { readonly instanceName: string; readonly stateDir: string };
  readonly observer: Observer;
  readonly post: Post;
}

/** Others try to call this instance again after 15 s at the latest: then they have, milliseconds. */
const CALLED_WITHIN = 20_000;

const AS_KUMA_WOULD: Verdict = { verdict: "send", line: undefined, except: [] };

/** See `openPeers`. */
export function createPeers({ config, observer, post }: Parts): Peers {
  const session = randomUUID();
  const begun = steadyNow();
  const monitors = createMonitors(begun);
  let standing: Standing = { instanceId: "", head: undefined };
  let exchange: Exchange | undefined;
  let participant: Participant | undefined;
  let refreshStanding: () => void = () => undefined;
  let replay: Replay | undefined;
  let isTelling = false;
  let noteSilentKuma: () => void = () => undefined;

  return {
    listener: (event) => {
      if (event.type === "kuma-starting" || event.type === "kuma-stopping" || event.type === "kuma-crashed")
        monitors.forget(steadyNow());
      if (event.type === "cycle-done") refreshStanding();
      if (event.type === "kuma-ready" || event.type === "kuma-stopping" || event.type === "kuma-crashed")
        participant?.tell();
      if (event.type === "kuma-ready") {
        participant?.setKuma(order());
        if (replay === undefined) noteSilentKuma();
      }
      // Its last messages must be out before its end.
      if (event.type === "kuma-stopping") participant?.hurry();
    },
    start,
    receive: async (body) => exchange?.receive(body),
    take: (beats) => {
      if (participant === undefined) monitors.take(beats, steadyNow());
      else participant.take(beats);
    },
    ask: (question) =>
      new Promise((resolve) => {
        if (participant === undefined) resolve(AS_KUMA_WOULD);
        else participant.ask(question, resolve);
      }),
    report: (question, notification, isSent) => participant?.report(question, notification, isSent),
    attach: (next) => {
      replay = next;
      if (next === undefined || isKumaReady()) participant?.setKuma(order());
    },
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
    const { instanceId } = first;
    const file = openAlertsFile(config.stateDir);
    if (file.warning !== undefined) emit({ type: "warning", message: file.warning });
    const among = createParticipant({
      ...{
        session,
        ownId: instanceId,
        rules: config,
        kept: file.kept,
        now: steadyNow,
        monitors,
        isKumaReady,
      },
      after: (milliseconds, then) => {
        void sleep(milliseconds, undefined, { signal, ref: false }).then(then, () => undefined);
      },
      identity,
      isAcquainted,
      onNews: tellSoon,
      save: file.save,
    });
    standing = first;
    participant = among;
    noteSilentKuma = reportSilentKuma(emit);
    refreshStanding = () => {
      void readStanding().then((next) => {
        const isNews = next.head !== standing.head;
        standing = next;
        // Those that restart one after another wait for it.
        if (isNews) among.tell();
      });
    };
    const reportContact = reportContacts(emit, among.others);
    const noteModes = reportModes(emit, config.alert);
    exchange = startExchange({
      ...{ addresses: config.addresses, seal, post, signal },
      self: { id: instanceId, session },
      ...{ pages: among.pages, heads: among.heads },
      merge: (pages) => {
        const isNews = among.merge(pages);
        if (isNews) noteModes(among.others());
        return isNews;
      },
      onContact: (contact) => {
        reportContact(contact);
        among.news();
      },
      onTwin: reportTwin(emit),
    });
    if (isKumaReady()) among.setKuma(order());
  }

  function isKumaReady(): boolean {
    return observer.onSteadyClock().kuma.state === "ready";
  }

  /** All that it calls have answered, or could not be reached; and somebody was heard, or would have been. */
  function isAcquainted(): boolean {
    if (exchange === undefined) return false;
    const isOpen = exchange.contacts.some(({ id, failing }) => id === undefined && failing === undefined);
    const isHeard = participant !== undefined && participant.others().length > 0;
    return !isOpen && (isHeard || steadyNow() - begun > CALLED_WITHIN);
  }

  function order(): Parameters<Participant["setKuma"]>[0] {
    const current = replay;
    return current && ((monitor, kind, done) => void current(monitor, kind).then(done, () => done("failed")));
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

  function identity(now: number): Identity {
    const { role, kumaVersion, kuma, agreement } = observer.onSteadyClock();
    const { behindSince, spans } = agreement;
    return {
      id: standing.instanceId,
      name: config.instanceName,
      ...{ version, alert: config.alert, role },
      head: standing.head,
      agreement: spans.at(-1)?.state ?? "unknown",
      lag: behindSince === undefined ? undefined : now - behindSince,
      kuma: { version: kumaVersion, state: kuma.state, for: now - kuma.since },
    };
  }

  function fleet(): Fleet {
    const now = steadyNow();
    return {
      members: listMembers(
        { ...identity(now), ...monitors.down(now) },
        participant?.others() ?? [],
        monitors.nameOf,
        now,
      ),
      unreached: (exchange?.contacts ?? []).flatMap(({ address, failing }) =>
        failing === undefined
          ? []
          : { address, message: failing.problem.message, advice: failing.problem.advice },
      ),
      alerts: { withheld: participant?.withheld() ?? [], asks: replay !== undefined },
    };
  }
}
